import { expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import type { RunProgram } from '../../world/cloud-world/http/run/programs.ts'
import { aService, type RunWorld, runWorld } from './run-world.ts'

/** A first release is live, and another one starts. */
async function starting(second: RunProgram): Promise<RunWorld & { readonly revision: string }> {
  const world = runWorld()
  const { services } = world.provider
  const stage = (version: string, program: RunProgram) =>
    services.stage({
      service: aService(),
      image: world.image(version, program),
      models: [],
      release: digestOf(version),
    })
  const first = await stage('1', { body: '1' })
  await world.world.clock.sleep(60_000)
  await services.shift('api', first, 100)
  await services.settle('api', first)
  return { ...world, revision: await stage('2', second) }
}

test('R25 while a revision of Cloud Run starts, one look is one request', async () => {
  const { provider, door, world, revision } = await starting({ body: '2', startsIn: 300_000 })
  const looks: string[][] = []
  for (let n = 0; n < 8; n++) {
    door.seen.length = 0
    const { revisions } = await provider.services.describe('api', revision)
    looks.push([...door.seen])
    expect(revisions).toEqual([expect.objectContaining({ id: revision, healthy: false, staged: true })])
    await world.clock.sleep(30_000)
  }
  expect(looks.map((calls) => calls.length)).toEqual(Array(8).fill(1))
  await world.clock.sleep(120_000)
  door.seen.length = 0
  const { revisions } = await provider.services.describe('api', revision)
  expect(revisions).toEqual([expect.objectContaining({ id: revision, healthy: true })])
  // That it is ready is asked once; what the service says of it is the check.
  expect(door.seen.filter((call) => call.includes('/revisions/'))).toHaveLength(1)
})

test('R23 a revision of Cloud Run that fails between two short looks is told with its reason', async () => {
  const { provider, world, revision } = await starting({ body: '2', startsIn: 50_000, exits: 3 })
  await provider.services.describe('api', revision)
  await world.clock.sleep(600_000)
  const { revisions } = await provider.services.describe('api', revision)
  expect(revisions.find(({ id }) => id === revision)).toMatchObject({ healthy: false })
  expect(revisions.find(({ id }) => id === revision)?.trouble).not.toBeNull()
})
