import type { RolloutPolicy } from '../../src/domain/system/rollout-policy.ts'
import type { System } from '../../src/domain/system/system.ts'
import { ReleaseWorld } from '../../test/providers/gcp/release-world.ts'
import { rollOut } from '../../test/world/client.ts'
import { image, type World } from '../../test/world/cloud.ts'
import { TIMES } from '../../test/world/cloud-world/http/ecs/behaviour.ts'
import { ecsShop, openEcsWorld } from '../../test/world/ecs-world.ts'
import { Wire } from '../../test/world/faults.ts'
import { mean } from './sample.ts'

/** Rollouts before the ledger knows five. */
export const LEARNING = 6

interface Request {
  readonly name: string
  readonly at: number
}

/** What one wait cost. */
interface Seen {
  /** Milliseconds from the end until a look saw it. */
  readonly late: number
  /** Requests until then. */
  readonly notice: number
  /** And until it is known what runs. */
  readonly all: number
}

export type Cost = Seen

/** @param look names of the requests that see the end; `checks` of the last one that says what runs */
function seen(requests: readonly Request[], end: number, look: RegExp, checks: RegExp): Seen {
  const notice = requests.findIndex(({ name, at }) => at >= end && look.test(name))
  const check = requests.findIndex(({ name }, index) => index >= notice && checks.test(name))
  return { late: (requests[notice]?.at ?? Number.NaN) - end, notice: notice + 1, all: check + 1 }
}

/** What lies between the request that begins a deployment and the one that goes on from it. */
function between(requests: readonly Request[], begins: RegExp, goesOn: RegExp): readonly Request[] {
  const from = requests.findIndex(({ name }) => begins.test(name)) + 1
  const rest = requests.slice(from)
  const to = rest.findIndex(({ name }) => goesOn.test(name))
  return to < 0 ? rest : rest.slice(0, to)
}

const STEPS: Readonly<Record<RolloutPolicy['strategy'], readonly [number, ...number[]]>> = {
  canary: [10, 100],
  linear: [50, 100],
  'blue-green': [100],
  rolling: [100],
}

export interface Course {
  readonly strategy: RolloutPolicy['strategy']
  readonly frugal: boolean
  /** How long the copies of each release take to start, milliseconds; the first six teach the ledger. */
  readonly durations: readonly number[]
}

const policyOf = (strategy: Course['strategy']) => ({
  strategy,
  steps: STEPS[strategy],
  bake: 60_000,
  startTimeout: 1_200_000,
  timeout: 7_200_000,
})

const frugally = (frugal: boolean): Record<string, string> => (frugal ? { SLUICE_FRUGAL: '1' } : {})

/** The wait of whole rollouts on the simulated ECS, through the real client and on virtual time, on average. */
export async function waitsOnEcs({ strategy, frugal, durations }: Course): Promise<Cost> {
  const system: System = ecsShop({ rollout: { ...ecsShop().rollout, ...policyOf(strategy) } })
  const takes = new Map<string, number>(durations.map((took, round) => [image('web', `v${round}`), took]))
  await using world = await openEcsWorld({
    system,
    env: frugally(frugal),
    behaviour: (reference) => ({ startsIn: takes.get(reference) ?? 1_000 }),
  })
  const found: Seen[] = []
  for (const [round, took] of durations.entries()) {
    const requests: Request[] = []
    const wire = new Wire((name) => {
      requests.push({ name, at: world.loopback.now() })
      return undefined
    })
    await roll(world, { system, round, wire })
    const begun = world.door.api.service('shop-test-web').newest?.createdAt ?? 0
    const end = begun + TIMES.pending + took + (strategy === 'rolling' ? TIMES.drain : 0)
    const ofEcs = requests.filter(({ name }) => /^[A-Z]/.test(name))
    const wait = between(ofEcs, /^UpdateService$/, /^ContinueServiceDeployment$/)
    if (round >= LEARNING) found.push(seen(wait, end, /^DescribeServiceDeployments$/, /^DescribeTasks$/))
  }
  return averageOf(found)
}

/** The same on the simulated Cloud Run. */
export async function waitsOnCloudRun({ strategy, frugal, durations }: Course): Promise<Cost> {
  const world = new ReleaseWorld({}, frugally(frugal))
  const system = { ...world.system, rollout: { ...world.system.rollout, ...policyOf(strategy) } }
  const found: Seen[] = []
  for (const [round, took] of durations.entries()) {
    world.program(image('api', `v${round}`), { body: '', startsIn: took })
    world.program(image('queue', `v${round}`), { startsIn: 1_000 })
    const requests: Request[] = []
    const wire = new Wire((name) => {
      requests.push({ name, at: world.clock.now() })
      return undefined
    })
    await roll(world, { system, round, wire })
    const ofApi = requests.filter(({ name }) => /services\/films-test-api/.test(name))
    const begun = ofApi.find(({ name }) => name.startsWith('PATCH'))?.at ?? 0
    const wait = between(ofApi, /^PATCH/, /^PATCH/)
    // The service, asked after its revision is ready, says what runs.
    if (round >= LEARNING) found.push(seen(wait, begun + took, /revisions/, /films-test-api$/))
  }
  return averageOf(found)
}

async function roll(
  world: World,
  { system, round, wire }: { system: System; round: number; wire: Wire },
): Promise<void> {
  const content = Object.fromEntries(Object.keys(system.services).map((name) => [name, `v${round}`]))
  const { report } = await rollOut(world, { system, content, commit: `c${round}`, wire })
  if (report.outcome !== 'done') throw new Error(report.message)
}

function averageOf(found: readonly Seen[]): Cost {
  return {
    late: mean(found.map(({ late }) => late)),
    notice: mean(found.map(({ notice }) => notice)),
    all: mean(found.map(({ all }) => all)),
  }
}
