import { expect, test } from 'vitest'
import { GRACE, reapVerdict } from '../../../src/domain/jobs/reaping.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { type GcpEngine, GcpJobsWorld, gcpOrder, LABELS } from '../../world/gcp-jobs-world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const RECORD = 'gs://ledger/sluice/jobs/train-1.json'
const RUN = { repository: 'films/web', id: 42 }
const ENV = { GITHUB_REPOSITORY: RUN.repository, GITHUB_RUN_ID: '42' }

async function begun(kind: GcpEngine) {
  const world = new GcpJobsWorld({ programs: { hangs: { lasts: Number.POSITIVE_INFINITY } } })
  const machine = (skew = 0) => {
    const { clock } = world.cloud
    return {
      ...fakeRuntime(),
      env: ENV,
      clock: { now: () => clock.now() + skew, sleep: (ms: number, s?: AbortSignal) => clock.sleep(ms, s) },
    }
  }
  await world.open(kind, machine()).start(gcpOrder(kind, 'train-1', 'hangs', { timeout: HOUR }))
  const change = async (more: object) =>
    world.objects.write(
      RECORD,
      Buffer.from(JSON.stringify({ ...(world.objects.json(RECORD) as object), ...more })),
    )
  return { world, machine, change }
}

test.each(['cloud-run', 'vertex'] as const)(
  'R34 a busy job of %s is spared, by a clock that is a day ahead too, even if its workflow run has ended and been asked',
  async (kind) => {
    const { world, machine } = await begun(kind)
    world.cloud.clock.advance(30 * MINUTE)
    const [seen, ...more] = await world.reaper(kind, machine()).look()
    if (seen === undefined) throw new Error('nothing was seen')
    expect(more).toEqual([])
    expect(seen).toMatchObject({ kind: 'execution', job: 'train-1', run: RUN })
    expect(reapVerdict(seen)).toEqual({ verdict: 'spare', signals: [] })
    expect(reapVerdict(seen, 'ended').verdict).toBe('spare')
    const [early] = await world.reaper(kind, machine(24 * HOUR)).look()
    expect(early === undefined ? undefined : reapVerdict(early).verdict).toBe('spare')
  },
)

test.each(['cloud-run', 'vertex'] as const)(
  'R34 a job of %s that was given up and whose workflow run has ended is ended, once or twice',
  async (kind) => {
    const { world, machine, change } = await begun(kind)
    world.cloud.clock.advance(30 * MINUTE)
    await change({ ending: 'stopped' })
    const reaper = world.reaper(kind, machine())
    const [seen] = await reaper.look()
    if (seen === undefined) throw new Error('nothing was seen')
    expect(reapVerdict(seen, 'unknown').verdict).toBe('spare')
    expect(reapVerdict(seen, 'ended')).toEqual({
      verdict: 'end',
      signals: ['its job has ended', 'the workflow run that started it has ended'],
    })
    await reaper.end(seen)
    await reaper.end(seen)
    world.cloud.clock.advance(MINUTE)
    expect(await reaper.look()).toEqual([])
  },
)

test.each(['cloud-run', 'vertex'] as const)(
  'R34 a job of %s that nobody knows is ended when its time is over',
  async (kind) => {
    const { world, machine } = await begun(kind)
    await world.objects.remove(RECORD)
    const reaper = world.reaper(kind, machine())
    world.cloud.clock.advance(30 * MINUTE)
    const [seen] = await reaper.look()
    expect(seen).toMatchObject({ lifetime: HOUR, claim: 'none' })
    if (seen === undefined) throw new Error('nothing was seen')
    expect(reapVerdict(seen).verdict).toBe('spare')
    expect(reapVerdict({ ...seen, now: seen.now + HOUR + GRACE }).verdict).toBe('end')
  },
)

test('R34 what others start is not seen: another environment, a click in the console', async () => {
  const { world, machine } = await begun('vertex')
  const [own] = world.vertex.jobs
  if (own === undefined) throw new Error('no job was made')
  const labels = own.body['labels'] as Record<string, string>
  world.vertex.jobs.push({
    ...own,
    name: `${own.name}0`,
    body: { ...own.body, labels: { ...labels, 'sluice-environment': 'production' } },
  })
  world.vertex.jobs.push({ ...own, name: `${own.name}1`, body: { ...own.body, labels: {} } })
  expect((await world.reaper('vertex', machine()).look()).map(({ name }) => name)).toEqual([own.name])

  const run = await begun('cloud-run')
  const [execution] = run.world.door.jobs.executions
  if (execution === undefined) throw new Error('nothing was started')
  run.world.door.jobs.executions.push({ ...execution, name: `${execution.name}0`, annotations: {} })
  expect((await run.world.reaper('cloud-run', run.machine()).look()).map(({ name }) => name)).toEqual([
    execution.name,
  ])
})

/** A machine of an hour, that has been there for so long. */
async function machineThere(minutes: number, labels: Readonly<Record<string, string>>, limited = true) {
  const world = new GcpJobsWorld({ programs: {} })
  const startedAt = world.cloud.clock.now()
  const one = { zone: 'europe-west1-b', name: 'films-test-detector-1', status: 'RUNNING', startedAt }
  world.compute.machines.push({ ...one, labels, ...(limited ? { maxRunDuration: 3600 } : {}) })
  world.cloud.clock.advance(minutes * MINUTE)
  const reaper = world.reaper('vertex', { ...fakeRuntime(), clock: world.cloud.clock })
  const [seen, ...more] = await reaper.look()
  expect(more).toEqual([])
  return { world, reaper, seen, verdict: seen === undefined ? undefined : reapVerdict(seen) }
}
const DETECTOR = { ...LABELS, 'sluice-worker': 'detector' }
const REMOVED = { ...LABELS, 'sluice-worker': 'tagger' }

test('R34 a machine of a worker is seen, and spared as long as the worker is applied, however old it is', async () => {
  const young = await machineThere(30, DETECTOR)
  expect(young.seen).toMatchObject({ kind: 'machine', job: 'worker detector' })
  expect(young.verdict).toEqual({ verdict: 'spare', signals: [] })
  expect((await machineThere(24 * 60, DETECTOR)).verdict).toEqual({
    verdict: 'spare',
    signals: ['the time of its job is over'],
  })
})

test('R34 a machine of a worker that is gone is ended once its time is over, and may be ended twice', async () => {
  expect((await machineThere(30, REMOVED)).verdict?.verdict).toBe('spare')
  expect((await machineThere(24 * 60, REMOVED, false)).verdict?.verdict).toBe('spare')
  const { world, reaper, seen, verdict } = await machineThere(75, REMOVED)
  expect(verdict?.verdict).toBe('end')
  if (seen === undefined) throw new Error('nothing was seen')
  await reaper.end(seen)
  await reaper.end(seen)
  expect(world.compute.machines).toEqual([])
})

test('R34 machines of others, and those that cost nothing, are not seen', async () => {
  expect((await machineThere(75, { ...LABELS, 'sluice-environment': 'production' })).seen).toBeUndefined()
  expect((await machineThere(75, {})).seen).toBeUndefined()
  const { world, reaper } = await machineThere(75, REMOVED)
  for (const machine of world.compute.machines) machine.status = 'TERMINATED'
  expect(await reaper.look()).toEqual([])
})

test('R24 a project without Compute Engine has no machines; one that lets nobody look is no answer', async () => {
  const { world, reaper } = await machineThere(75, REMOVED)
  const refuse = (message: string): void => {
    world.compute.refusal = message
  }
  refuse('Compute Engine API has not been used in project 42 before or it is disabled.')
  expect(await reaper.look()).toEqual([])
  refuse("Required 'compute.instances.list' permission for 'projects/films-1'")
  await expect(reaper.look()).rejects.toMatchObject({ outcome: 'cannot-observe' })
})
