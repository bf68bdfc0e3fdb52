import { expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import type { Verdict } from '../../../src/domain/models/verdict.ts'
import { rollOut } from '../../world/client.ts'
import { image, LEDGER, World } from '../../world/cloud.ts'
import { judged, POLICY, shopWithModel, weights } from '../../world/judged.ts'

const system = shopWithModel()

async function live(): Promise<World> {
  const world = new World()
  const { report } = await rollOut(world, { system, wanted: { judged: [await judged(world, 'one')] } })
  if (report.outcome !== 'done') throw new Error(report.message)
  return world
}

const champion = async (world: World) => (await world.registry.get('taste', { alias: 'champion' }))?.digest
const served = async (world: World) => (await world.host.describe('api')).revisions.map((one) => one.models)

test('R42 R43 a promoted model is served, and is champion once it is live', async () => {
  const world = await live()
  expect(await champion(world)).toBe(weights('one'))
  const { report } = await rollOut(world, { system, wanted: { judged: [await judged(world, 'two')] } })
  expect(report.outcome).toBe('done')
  expect(await served(world)).toEqual([[{ name: 'taste', version: '2', digest: weights('two') }]])
  expect(await champion(world)).toBe(weights('two'))
  expect(world.objects.json(`${LEDGER}releases/2.json`)).toMatchObject({ verdicts: [{ model: 'taste' }] })
})

test('a model without a verdict is refused', async () => {
  const { report } = await rollOut(new World(), { system })
  expect(report).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('taste has no verdict'),
  })
})

const other = digestOf('something else')
const refusals: Readonly<Record<string, { change: Partial<Verdict>; says: string; outcome: string }>> = {
  'the gate says reject': { change: { verdict: 'reject' }, says: 'the gate says reject', outcome: 'refused' },
  'the gate says inconclusive': {
    change: { verdict: 'inconclusive' },
    says: 'inconclusive',
    outcome: 'refused',
  },
  'the model digest is another': {
    change: { model: { name: 'taste', version: '2', digest: other } },
    says: `the gate judged ${other}`,
    outcome: 'refused',
  },
  'the image digest is another': {
    change: { image: `local/shop/api@${other}` },
    says: `judged with image local/shop/api@${other}`,
    outcome: 'refused',
  },
  'the image is by tag': {
    change: { image: 'local/shop/api:latest' },
    says: 'no image by digest',
    outcome: 'refused',
  },
  'the policy is weaker': {
    change: { policy: { ...POLICY, floors: {} } },
    says: 'judged by another policy',
    outcome: 'refused',
  },
  'the registry has no such version': {
    change: { model: { name: 'taste', version: '9', digest: other } },
    says: 'the registry has no version',
    outcome: 'refused',
  },
  'the champion is another': {
    change: { champion: { version: '1', digest: other } },
    says: 'the champion of model taste is version 1',
    outcome: 'stale',
  },
  'there was no champion when it was judged': {
    change: { champion: null },
    says: 'no champion',
    outcome: 'stale',
  },
}

for (const [why, { change, says, outcome }] of Object.entries(refusals)) {
  test(`R42 R43 refuses and touches nothing where ${why}`, async () => {
    const world = await live()
    const before = world.host.made
    const { report } = await rollOut(world, {
      system,
      wanted: { judged: [await judged(world, 'two', change)] },
    })
    expect(report.outcome).toBe(outcome)
    expect(report.message).toContain(says)
    expect(world.host.made).toBe(before)
    expect(await champion(world)).toBe(weights('one'))
  })
}

test('R42 the image that judged must be the one of this release', async () => {
  const world = await live()
  const verdict = await judged(world, 'two', { image: image('api', 'v1') })
  expect((await rollOut(world, { system, wanted: { judged: [verdict] } })).report.outcome).toBe('done')
})

test('with --keep-models new images go out beside the model that is served', async () => {
  const world = await live()
  const rejected = await judged(world, 'bad', { verdict: 'reject' })
  const { report } = await rollOut(world, {
    system,
    content: { api: 'v2' },
    wanted: { judged: [rejected], keepModels: true },
  })
  expect(report.outcome).toBe('done')
  expect(world.host.traffic('api')).toEqual({ [image('api', 'v2')]: 100 })
  expect((await served(world)).flat()).toEqual([{ name: 'taste', version: '1', digest: weights('one') }])
})

test('a person may take the place of the gate, and the release says who and why', async () => {
  const world = await live()
  const rejected = await judged(world, 'two', { verdict: 'reject' })
  const forced = { by: 'ada', reason: 'incident 12' }
  const { report } = await rollOut(world, { system, wanted: { judged: [rejected], forced } })
  expect(report.outcome).toBe('done')
  expect(world.objects.json(`${LEDGER}releases/2.json`)).toMatchObject({ forced })
  expect(await champion(world)).toBe(weights('two'))
  const version = await world.registry.get('taste', { alias: 'champion' })
  const { id } = world.objects.json(`${LEDGER}live.json`) as { id: string }
  expect(version?.tags).toMatchObject({
    'sluice.forced.by': 'ada',
    'sluice.forced.reason': 'incident 12',
    'sluice.forced.release': id,
  })
})

test('a model that the gate let through carries no name of a person', async () => {
  const tags = (await (await live()).registry.get('taste', { alias: 'champion' }))?.tags ?? {}
  expect(Object.keys(tags).filter((key) => key.startsWith('sluice.forced'))).toEqual([])
})

test('R43 a champion that moves during the rollout voids it: stale, everything back, their alias untouched', async () => {
  const world = await live()
  const two = await judged(world, 'two')
  await judged(world, 'three')
  const { report } = await rollOut(world, {
    system,
    wanted: { judged: [two] },
    during: (runtime) =>
      void runtime.clock.sleep(15_000).then(() => world.registry.setAlias('taste', 'champion', '3', '1')),
  })
  expect(report.outcome).toBe('stale')
  expect(await champion(world)).toBe(weights('three'))
  expect((await served(world)).flat()).toEqual([{ name: 'taste', version: '1', digest: weights('one') }])
  expect(world.objects.json(`${LEDGER}live.json`)).toMatchObject({ sequence: 1 })
})

test('R43 of two promotions against the same champion one wins, the other is void', async () => {
  const world = await live()
  const two = await judged(world, 'two')
  const three = await judged(world, 'three')
  const ends = [
    await rollOut(world, { system, wanted: { judged: [two] } }),
    await rollOut(world, { system, wanted: { judged: [three] } }),
  ]
  expect(ends.map(({ report }) => report.outcome)).toEqual(['done', 'stale'])
  expect(await champion(world)).toBe(weights('two'))
})

test('a service that loads another model than it was told does not go live', async () => {
  const world = new World(({ models }) =>
    models.some((model) => model.version === '2')
      ? { loads: [{ name: 'taste', version: '1', digest: weights('one') }] }
      : {},
  )
  await rollOut(world, { system, wanted: { judged: [await judged(world, 'one')] } })
  const { report } = await rollOut(world, { system, wanted: { judged: [await judged(world, 'two')] } })
  expect(report.outcome).toBe('rolled-back')
  expect(report.message).toContain('instead of 2@')
  expect(await champion(world)).toBe(weights('one'))
})
