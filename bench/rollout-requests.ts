/**
 * Requests that the wait of a release costs, whose copies take about five minutes to start: whole rollouts through the real clients, on
 * the simulated ECS and Cloud Run and on virtual time. `rollout` measures the same wait in looks, over many more rounds.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { System } from '../src/domain/system.ts'
import { ReleaseWorld } from '../test/providers/gcp/release-world.ts'
import { rollOut } from '../test/world/client.ts'
import { image, type World } from '../test/world/cloud.ts'
import { TIMES } from '../test/world/cloud-world/http/ecs/behaviour.ts'
import { ecsShop, openEcsWorld } from '../test/world/ecs-world.ts'
import { Wire } from '../test/world/faults.ts'

const ROUNDS = 120
/** Rollouts before the ledger knows five. */
const LEARNING = 6
const USUAL = 300_000
const SPREAD = 0.04

/** Seeded, so that a run can be repeated. */
let seed = 42
const uniform = (): number => {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647
}
const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
const durations = Array.from({ length: ROUNDS + LEARNING }, () => Math.round(USUAL * (1 + SPREAD * normal())))

interface Request {
  readonly name: string
  readonly at: number
}

interface Seen {
  readonly late: number
  /** Requests until a look sees the end. */
  readonly notice: number
  /** And until it is known what runs. */
  readonly all: number
}

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

async function onEcs(strategy: 'canary' | 'rolling', frugal: boolean): Promise<readonly Seen[]> {
  const steps: readonly [number, ...number[]] = strategy === 'canary' ? [10, 100] : [100]
  const policy = { strategy, steps, bake: 60_000, startTimeout: 1_200_000, timeout: 7_200_000 }
  const system: System = ecsShop({ rollout: { ...ecsShop().rollout, ...policy } })
  const takes = new Map<string, number>(durations.map((took, round) => [image('web', `v${round}`), took]))
  await using world = await openEcsWorld({
    system,
    env: frugal ? { SLUICE_FRUGAL: '1' } : {},
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
  return found
}

async function onCloudRun(): Promise<readonly Seen[]> {
  const world = new ReleaseWorld()
  const rollout = { ...world.system.rollout, startTimeout: 1_200_000, timeout: 7_200_000 }
  const system = { ...world.system, rollout }
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
    if (round >= LEARNING)
      found.push(seen(between(ofApi, /^PATCH/, /^PATCH/), begun + took, /revisions/, /revisions/))
  }
  return found
}

async function roll(
  world: World,
  { system, round, wire }: { system: System; round: number; wire: Wire },
): Promise<void> {
  const content = Object.fromEntries(Object.keys(system.services).map((name) => [name, `v${round}`]))
  const { report } = await rollOut(world, { system, content, commit: `c${round}`, wire })
  if (report.outcome !== 'done') throw new Error(report.message)
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length
const measured: { label: string; value: number; unit: string }[] = []

function tell(label: string, all: readonly Seen[]): void {
  const add = (what: string, value: number, unit: string): void => {
    measured.push({ label: `${label}: ${what}`, value: Math.round(value * 10) / 10, unit })
    process.stdout.write(`${label}: ${what} ${value.toFixed(1)} ${unit}\n`)
  }
  add('noticed late', mean(all.map(({ late }) => late)) / 1000, 's')
  add('requests until it is noticed', mean(all.map(({ notice }) => notice)), 'requests')
  add('with the check of what runs', mean(all.map((one) => one.all)), 'requests')
}

tell('canary on ECS', await onEcs('canary', false))
tell('canary on ECS, frugal', await onEcs('canary', true))
tell('rolling on ECS', await onEcs('rolling', false))
tell('Cloud Run', await onCloudRun())

const results = join(import.meta.dirname, 'results')
mkdirSync(results, { recursive: true })
writeFileSync(
  join(results, 'rollout-requests.json'),
  `${JSON.stringify({ name: 'rollout-requests', command: 'node bench/rollout-requests.ts', measured }, null, 2)}\n`,
)
