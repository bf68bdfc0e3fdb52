import type { Step } from '../system/step.ts'

const GIB = 2 ** 30

/** What a machine has: vCPU, GiB, and GPUs. */
type Parts = readonly [cpu: number, memory: number, gpu: number]

/**
 * Machines that tasks of ECS can be placed on: DescribeInstanceTypes of AWS, as moto carries it; a test compares the two.
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
 */
export const TASK_MACHINES: Readonly<Record<string, Parts>> = {
  'g5.xlarge': [4, 16, 1],
  'g5.2xlarge': [8, 32, 1],
  'g5.4xlarge': [16, 64, 1],
  'g5.8xlarge': [32, 128, 1],
  'g5.16xlarge': [64, 256, 1],
  'g5.12xlarge': [48, 192, 4],
  'g5.24xlarge': [96, 384, 4],
  'g5.48xlarge': [192, 768, 8],
  'g4dn.xlarge': [4, 16, 1],
  'g4dn.2xlarge': [8, 32, 1],
  'g4dn.4xlarge': [16, 64, 1],
  'g4dn.8xlarge': [32, 128, 1],
  'g4dn.16xlarge': [64, 256, 1],
  'g4dn.12xlarge': [48, 192, 4],
  'g6.xlarge': [4, 16, 1],
  'g6.2xlarge': [8, 32, 1],
  'g6.4xlarge': [16, 64, 1],
  'g6.8xlarge': [32, 128, 1],
  'g6.16xlarge': [64, 256, 1],
  'g6.12xlarge': [48, 192, 4],
  'g6.24xlarge': [96, 384, 4],
  'g6.48xlarge': [192, 768, 8],
  'm5.large': [2, 8, 0],
  'm5.xlarge': [4, 16, 0],
  'm5.2xlarge': [8, 32, 0],
}

/** Of a machine's memory the kernel and the agent take some: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/memory-management.html */
const FOR_TASKS = 0.93

type Asked = Pick<Step, 'gpu' | 'size'> & { readonly machine?: string | undefined }

/** Does a step on engine `ecs` run on machines of EC2? Fargate has no GPUs, and no types to choose from. */
export const onMachines = ({ gpu, machine }: Omit<Asked, 'size'>): boolean => gpu > 0 || machine !== undefined

/** Machines with AWS's own processors: `g` after the generation (`m7g`, `c6gn`, `g5g`), and the first of them, `a1`. */
const ARM64 = /^(a1\.|[a-z]+\d+g)/

/** What programs on a machine of this type are built for. https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html */
export const architectureOf = (type: string): 'amd64' | 'arm64' => (ARM64.test(type) ? 'arm64' : 'amd64')

/** The machine of a step: the one that it names, else the first of family g5 that it fits on; undefined where none is. */
export function taskMachine(asked: Asked): string | undefined {
  if (asked.machine !== undefined) return asked.machine
  return Object.keys(TASK_MACHINES).find(
    (type) => type.startsWith('g5.') && lacking(type, asked) === undefined,
  )
}

/** What a machine has too little of for a task, in words; undefined where it does, or where its type is not known. */
export function lacking(type: string, { gpu, size }: Pick<Asked, 'gpu' | 'size'>): string | undefined {
  const parts = Object.hasOwn(TASK_MACHINES, type) ? TASK_MACHINES[type] : undefined
  if (parts === undefined) return undefined
  const [cpu, memory, gpus] = parts
  if (gpu <= gpus && size.cpu <= cpu && size.memory <= memory * GIB * FOR_TASKS) return undefined
  return `${type} has ${gpus} GPU, ${cpu} vCPU and, for tasks, ${memoryText(memory * FOR_TASKS)}`
}

const memoryText = (gib: number): string => `${Math.floor(gib * 10) / 10}GiB`
