import type { Problem } from '../../domain/error.ts'
import { architectureOf, lacking, onMachines, taskMachine } from '../../domain/machines/task-machines.ts'
import { parseSize } from '../../domain/quantity.ts'
import { complain, pairs, type Subject } from './subject.ts'

/** What a step has that says no size, as the schema has it. */
const SIZE = { cpu: 1, memory: '2GiB' }

/** Steps on engine `ecs` with GPUs or a machine: what ECS has no machine for, and what it cannot do on machines. */
export function awsTasks(subject: Subject, environment: string): Problem[] {
  const steps = pairs(subject.value.pipelines).flatMap(([pipeline, { steps }]) =>
    pairs(steps).map(([name, step]) => ({ path: ['pipelines', pipeline, 'steps', name], step })),
  )
  return steps.flatMap(({ path, step }) => {
    const { engine, gpu = 0, machine, nodes = 1, spot = false, size } = step
    if (engine !== 'ecs') return []
    const problems: Problem[] = []
    const say = (key: string, what: string, rule: string): void => {
      problems.push(complain(subject, [...path, key], what, rule))
    }
    if (nodes > 1) say('nodes', `found ${nodes}`, 'a task of ECS is on one machine: engine: batch')
    if (spot) say('spot', 'found true', 'ECS starts no step on spot capacity: engine: ec2 or batch')
    if (!onMachines({ gpu, machine })) return problems
    const named = `${subject.value.system ?? ''}-${environment}`
    if (RESERVED.test(named)) {
      const rule =
        'ECS takes no machines under names that begin with aws, ecs or fargate: engine: ec2 or batch'
      say(gpu > 0 ? 'gpu' : 'machine', `found ${gpu > 0 ? gpu : machine} in ${named}`, rule)
    }
    const { cpu = SIZE.cpu, memory: written = SIZE.memory } = size ?? {}
    const memory = parseSize(written)
    if (memory === undefined) return problems
    const asked = { gpu, size: { cpu, memory } }
    const type = taskMachine({ ...asked, machine })
    const what = `found ${gpu} GPU, ${cpu} vCPU and ${written}`
    if (type === undefined) {
      say('gpu', what, 'no machine of family g5 has as much: write machine, or a smaller size')
      return problems
    }
    const rule = lacking(type, asked)
    if (rule !== undefined) say('machine', `${what} on ${type}`, rule)
    const architecture = architectureOf(type)
    if (architecture === 'arm64' && gpu > 0) {
      const drivers = 'ECS has drivers of GPUs for machines of linux/amd64 alone'
      say('machine', `found ${gpu} GPU on ${type}`, drivers)
    }
    const built = platformsOf(subject, step.image)
    if (built !== undefined && !built.some((one) => isFor(one, architecture))) {
      const fit = `${type} runs images of linux/${architecture}: add it to platforms of image ${step.image}`
      say('image', `found ${step.image}, which is built for ${built.join(' and ')}`, fit)
    }
    return problems
  })
}

/** What an image is built for; undefined where it is not built here. */
function platformsOf({ value }: Subject, image: string | undefined): readonly string[] | undefined {
  const spec = image === undefined ? undefined : value.images?.[image]
  return spec?.context === undefined ? undefined : (spec.platforms ?? ['linux/amd64'])
}

/** `linux/arm64/v8` is one of `linux/arm64`. */
const isFor = (platform: string, architecture: string): boolean =>
  `${platform}/`.startsWith(`linux/${architecture}/`)

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCapacityProvider.html, `name` */
const RESERVED = /^(aws|ecs|fargate)/
