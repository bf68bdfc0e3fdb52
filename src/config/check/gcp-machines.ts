import type { Problem } from '../../domain/error.ts'
import { GPU_NUMBERS, machineProblem, RUN_GPU, smallestMachine } from '../../domain/machines/gcp-machines.ts'
import { parseDuration, parseSize } from '../../domain/quantity.ts'
import type { Path } from '../document.ts'
import { complain, isWritten, pairs, type Subject } from './subject.ts'

type RawStep = NonNullable<
  NonNullable<NonNullable<NonNullable<Subject['value']['pipelines']>[string]>['steps']>[string]
>

interface StepAt {
  readonly path: Path
  readonly pipeline: string
  readonly name: string
  readonly step: RawStep
}

/** Every step with its place. */
export function stepsOf(subject: Subject): StepAt[] {
  return pairs(subject.value.pipelines).flatMap(([pipeline, { steps }]) =>
    pairs(steps).map(([name, step]) => ({
      path: ['pipelines', pipeline, 'steps', name],
      pipeline,
      name,
      step,
    })),
  )
}

/** Where a step runs, as the compiler decides; undefined where the file names an engine of another cloud. */
export function engineOf({ engine, gpu, nodes }: RawStep): 'cloud-run' | 'vertex' | undefined {
  if (engine === 'cloud-run' || engine === 'vertex') return engine
  if (engine !== undefined) return undefined
  return (gpu ?? 0) === 0 && (nodes ?? 1) === 1 ? 'cloud-run' : 'vertex'
}

/** GPUs, and the machines that have them. */
export function checkGcpMachines(subject: Subject, environment: string): Problem[] {
  const location = subject.value.environments?.[environment]?.region ?? ''
  return [
    ...pairs(subject.value.workers).flatMap(([name, { gpu, machine }]) =>
      machines(subject, ['workers', name], { gpu: gpu ?? 1, machine, location, needs: true }),
    ),
    ...stepsOf(subject).flatMap(({ path, step }) => {
      const engine = engineOf(step)
      switch (engine) {
        case 'cloud-run':
          return onRun(subject, path, step, location)
        case 'vertex':
          return [
            ...machines(subject, path, {
              gpu: step.gpu ?? 0,
              machine: step.machine,
              location,
              needs: (step.gpu ?? 0) > 0,
            }),
            ...outside(subject, path, step),
          ]
        case undefined:
          return []
        default:
          return engine satisfies never
      }
    }),
  ]
}

interface Asked {
  readonly gpu: number
  readonly machine: string | undefined
  readonly location: string
  /** A machine is chosen where none is written. */
  readonly needs: boolean
}

function machines(subject: Subject, path: Path, { gpu, machine, location, needs }: Asked): Problem[] {
  const chosen = machine ?? (needs ? smallestMachine(gpu) : undefined)
  if (chosen === undefined) {
    if (machine === undefined && !needs) return []
    const rule = `machines of Google Cloud have ${GPU_NUMBERS.join(', ')}; any other number needs \`machine\``
    return [complain(subject, [...path, 'gpu'], `found ${gpu} without a machine`, rule)]
  }
  const rule = machineProblem(chosen, gpu, location)
  if (rule === undefined) return []
  const at = machine === undefined ? [...path, 'gpu'] : [...path, 'machine']
  return [complain(subject, at, `found ${machine ?? `${gpu}, ${chosen}`} in ${location}`, rule)]
}

/** A container of Cloud Run is no machine, and has one GPU at most. */
function onRun(subject: Subject, path: Path, step: RawStep, location: string): Problem[] {
  const problems: Problem[] = []
  const say = (key: string, what: string, rule: string): number =>
    problems.push(complain(subject, [...path, key], what, rule))
  if (step.machine !== undefined)
    say('machine', `found ${step.machine}`, 'Cloud Run has no machines; engine: vertex has')
  if ((step.nodes ?? 1) > 1)
    say('nodes', `found ${step.nodes}`, 'a job of Cloud Run runs alone; engine: vertex')
  if (step.spot === true && isWritten(subject, [...path, 'spot']))
    say('spot', 'found true', 'Cloud Run has no capacity that can be taken away; engine: vertex has')
  const timeout = parseDuration(step.timeout ?? '') ?? 0
  const gpu = step.gpu ?? 0
  if (gpu === 0) {
    if (timeout > WEEK) say('timeout', `found ${step.timeout}`, 'a job of Cloud Run runs for at most 7d')
    return problems
  }
  if (gpu > 1) say('gpu', `found ${gpu}`, 'a container of Cloud Run has one; engine: vertex')
  if (!(RUN_GPU.locations as readonly string[]).includes(location))
    say(
      'gpu',
      `found ${gpu} in ${location}`,
      `locations of Cloud Run with GPUs: ${RUN_GPU.locations.join(', ')}`,
    )
  const { cpu = 0, memory = '' } = step.size ?? {}
  if (cpu < RUN_GPU.cpu[0] || (parseSize(memory) ?? 0) < RUN_GPU.memory)
    say('size', `found ${cpu} vCPU with ${memory}`, 'beside a GPU, Cloud Run has 4 vCPU with 16GiB, or more')
  if (timeout > RUN_GPU.timeout)
    say('timeout', `found ${step.timeout}`, 'with a GPU, a job of Cloud Run runs for at most 1h')
  return problems
}

const WEEK = 7 * 86_400_000

/** A job of Vertex AI stands outside of the network, and proves to no service who it is. */
function outside(subject: Subject, path: Path, { connects }: RawStep): Problem[] {
  const { databases, caches, functions, services } = subject.value
  return (connects ?? []).flatMap((name, index) => {
    if (name === undefined) return []
    const service = services?.[name]
    const isInside =
      [databases, caches, functions].some((kind) => kind?.[name] !== undefined) ||
      (service !== undefined && service.public !== true && service.domain === undefined)
    if (!isInside) return []
    const rule = 'a job of Vertex AI is outside of it; engine: cloud-run is inside'
    return [
      complain(subject, [...path, 'connects', index], `${name} is reached inside of the network alone`, rule),
    ]
  })
}
