import { expect, test } from 'vitest'
import { holdLock } from '../../../src/commands/rollout/hold.ts'
import { rolloutLock } from '../../../src/release/lock.ts'
import { LEDGER, World } from '../../world/cloud.ts'

const lockOf = (world: World) => rolloutLock(world.objects, LEDGER)
const env = {
  GITHUB_ACTOR: 'ada',
  GITHUB_SERVER_URL: 'https://g.test',
  GITHUB_REPOSITORY: 'o/r',
  GITHUB_RUN_ID: '7',
}

test('R30 a living holder on another machine is named with its run, and refused after one heartbeat', async () => {
  const world = new World()
  const first = await holdLock(world.machine({ env }), lockOf(world), 0)
  const began = world.clock.now()
  const second = await holdLock(world.machine({}, undefined, 2), lockOf(world), 0).catch(
    (error: unknown) => error,
  )
  expect(second).toMatchObject({ outcome: 'locked', code: 4 })
  expect((second as Error).message).toContain('a rollout by ada')
  expect((second as Error).message).toContain('https://g.test/o/r/actions/runs/7/attempts/1')
  expect(world.clock.now() - began).toBeLessThan(30_000)
  await first.free()
})

test('R30 with time to wait the next rollout starts when the one before has ended', async () => {
  const world = new World()
  const first = await holdLock(world.machine(), lockOf(world), 0)
  const second = holdLock(world.machine({}, undefined, 2), lockOf(world), 600_000)
  await world.clock.sleep(120_000)
  await first.free()
  await (await second).free()
  expect((await lockOf(world).read())?.value.freed).toBe(true)
})

test('R30 a holder that stopped is succeeded only after a whole lease without a heartbeat', async () => {
  const world = new World()
  const lock = lockOf(world)
  const startedAt = new Date(world.clock.now()).toISOString()
  await lock.take({
    schema: 'sluice.lock/v1',
    token: 'dead',
    by: 'ada',
    run: null,
    host: 'elsewhere',
    pid: 1,
    born: '',
    startedAt,
    heartbeatAt: startedAt,
    lease: 30_000,
  })
  const began = world.clock.now()
  const held = await holdLock(world.machine(), lock, 0)
  expect(world.clock.now() - began).toBeGreaterThanOrEqual(30_000)
  await held.free()
})

test('R30 a holder whose lock was taken over is told so, and does not free what is not its own', async () => {
  const world = new World()
  const lock = lockOf(world)
  const held = await holdLock(world.machine(), lock, 0)
  const now = await lock.read()
  if (now === undefined) throw new Error('no lock')
  await lock.take({ ...now.value, token: 'other' }, now)
  await world.clock.sleep(60_000)
  expect(held.lost.aborted).toBe(true)
  await held.free()
  expect((await lock.read())?.value).toMatchObject({ token: 'other' })
  expect((await lock.read())?.value.freed).toBeUndefined()
})
