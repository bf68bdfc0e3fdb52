import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ImageReference } from '../../../src/domain/digest.ts'
import { commandOnNode, nodeVariables } from '../../../src/domain/jobs/rendezvous.ts'
import { submission } from '../../../src/providers/aws/jobs/batch-submission.ts'
import { trainingJob } from '../../../src/providers/aws/jobs/training-job.ts'
import { jobSpecOf } from '../../../src/providers/gcp/jobs/vertex-spec.ts'
import { aStep } from '../pipeline/builders.ts'

/** What a program on a node finds: its arguments, and torchrun's variables. */
const PROGRAM = [
  process.execPath,
  '-e',
  `const { MASTER_ADDR, NODE_RANK, PET_MASTER_ADDR, PET_NODE_RANK } = process.env
   console.log(JSON.stringify({ argv: process.argv.slice(1), MASTER_ADDR, NODE_RANK, PET_MASTER_ADDR, PET_NODE_RANK }))`,
  '--',
  'with spaces',
  `and "quotes'`,
]
const step = aStep({ command: PROGRAM, nodes: 3, gpu: 4 })
const image = `r/films@sha256:${'a'.repeat(64)}` as ImageReference

/** Runs a command as a container would. */
function run(command: readonly string[], env: Record<string, string> = {}): Record<string, unknown> {
  const [file = '', ...args] = command
  const PATH = process.env['PATH'] ?? ''
  return JSON.parse(execFileSync(file, args, { env: { PATH, ...env }, encoding: 'utf8' }))
}

const found = (address: string, rank: number) => ({
  argv: ['with spaces', `and "quotes'`],
  MASTER_ADDR: address,
  NODE_RANK: String(rank),
  PET_MASTER_ADDR: address,
  PET_NODE_RANK: String(rank),
})

test('every node is told how many there are and how many processes each begins', () => {
  expect(nodeVariables(step)).toEqual({
    NNODES: '3',
    MASTER_PORT: '29500',
    PET_NNODES: '3',
    PET_MASTER_PORT: '29500',
    PET_NPROC_PER_NODE: '4',
  })
  expect(nodeVariables(aStep())).toEqual({})
})

test('a step on several nodes without a command is refused: nothing could tell it who the first one is', () => {
  const { command: _none, ...image } = aStep({ nodes: 2 })
  expect(() => commandOnNode(image, { address: 'a', rank: '0' })).toThrow('has no command')
})

test.each([
  [
    { AWS_BATCH_JOB_NODE_INDEX: '2', AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS: '10.0.0.7' },
    '10.0.0.7',
    2,
  ],
  [{ AWS_BATCH_JOB_NODE_INDEX: '0' }, /^[0-9a-f.:]+$/, 0],
] as [Record<string, string>, string | RegExp, number][])(
  'Batch: a node with %j joins the first one',
  (env, address, rank) => {
    const target = { kind: 'batch-job', region: 'r', queue: 'q', definition: 'd' } as const
    const { nodeOverrides } = submission({ id: 'x', step, target, image, env: {} }, 'd')
    const command = nodeOverrides?.nodePropertyOverrides?.[0]?.containerOverrides?.command ?? []
    const told = run(command, env)
    expect(told).toEqual(found(String(told['MASTER_ADDR']), rank))
    expect(told['MASTER_ADDR']).toEqual(address instanceof RegExp ? expect.stringMatching(address) : address)
  },
)

test.each([1, 3])('SageMaker: host algo-%i joins algo-1', (host) => {
  const target = { environment: {}, machines: 3, subnets: [], securityGroups: [] }
  const order = { id: 'x', step: { ...step, command: ['x'] }, target, image, env: {} }
  const { AlgorithmSpecification: of } = trainingJob(
    order as unknown as Parameters<typeof trainingJob>[0],
    'x',
  )
  const folder = mkdtempSync(join(tmpdir(), 'sluice-hosts-'))
  const file = join(folder, 'resourceconfig.json')
  // As SageMaker writes it: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
  writeFileSync(
    file,
    `{"current_host": "algo-${host}", "hosts": ["algo-1", "algo-2", "algo-3"], "network_interface_name":"eth1"}`,
  )
  const words = [...(of?.ContainerEntrypoint ?? []), ...(of?.ContainerArguments ?? [])]
  const command = words.map((word) => word.replace('/opt/ml/input/config/resourceconfig.json', file))
  expect(words.every((word) => word.length <= 256)).toBe(true)
  expect(run([...command.slice(0, -1), ...PROGRAM])).toEqual(found('algo-1', host - 1))
  rmSync(folder, { recursive: true })
})

test.each([
  ['workerpool0', 0, 0],
  ['workerpool1', 0, 1],
  ['workerpool1', 1, 2],
])('Vertex AI: replica %s-%i is node %i', (type, index, rank) => {
  const template = { workerPoolSpecs: [{ containerSpec: {} }, { containerSpec: {} }] }
  const { workerPoolSpecs } = jobSpecOf(template, { id: 'x', step, image, env: {} }) as {
    workerPoolSpecs: { containerSpec: { command: string[]; args: string[] } }[]
  }
  const { command = [], args = [] } = workerPoolSpecs[1]?.containerSpec ?? {}
  // https://cloud.google.com/vertex-ai/docs/training/distributed-training#cluster-variables
  const CLUSTER_SPEC = JSON.stringify({
    cluster: {
      workerpool0: ['cmle-training-workerpool0-ab-0:2222'],
      workerpool1: ['cmle-training-workerpool1-ab-0:2222', 'cmle-training-workerpool1-ab-1:2222'],
    },
    environment: 'cloud',
    task: { type, index, trial: '' },
    job: JSON.stringify({ task: { type: 'workerpool0', index: 9 } }),
  })
  expect(run([...command, ...args], { CLUSTER_SPEC })).toEqual(found('cmle-training-workerpool0-ab-0', rank))
})
