import { expect, test } from 'vitest'
import { externalError } from '../../../src/domain/error.ts'
import { waitingServices } from '../../../src/release/first-wave.ts'
import { rollOut, start } from '../../world/client.ts'
import { image, LEDGER, service, World } from '../../world/cloud.ts'
import { Wire } from '../../world/faults.ts'
import { judged, shopWithModel, weights } from '../../world/judged.ts'

/** A shop that keeps its models in a server of its own, beside a service that has nothing to do with them. */
const system = shopWithModel({
  services: {
    web: service('web', { connects: ['api'] }),
    api: service('api', { model: 'taste', connects: ['mlflow'] }),
    mlflow: service('mlflow'),
    mails: service('mails'),
  },
})

/** Nobody answers for the registry before its service runs. */
function shy(world: World): World {
  const get = world.registry.get.bind(world.registry)
  world.registry.get = async (...asked) => {
    if (!(await world.host.describe('mlflow')).revisions.some(({ weight }) => weight > 0)) {
      throw externalError('service', { what: 'connect ECONNREFUSED mlflow' })
    }
    return get(...asked)
  }
  return world
}

const stateOf = async (world: World, name: string) => (await world.host.describe(name)).state

test('R42 before any verdict the registry starts, and what needs a model waits', async () => {
  const world = shy(new World())
  const { report } = await rollOut(world, { system })
  expect(report).toMatchObject({ outcome: 'done', data: { waiting: ['api', 'web'] } })
  expect(report.message).toBe('release 1 is live; not started before a first verdict: api, web')
  expect(await stateOf(world, 'mlflow')).toBe('running')
  expect(await stateOf(world, 'mails')).toBe('running')
  expect(await stateOf(world, 'api')).toBe('absent')
  expect(await stateOf(world, 'web')).toBe('absent')
  expect(
    Object.keys((world.objects.json(`${LEDGER}releases/1.json`) as { services: object }).services),
  ).toEqual(['mlflow', 'mails'])
})

test('R42 the first verdict brings the services that waited, and leaves the others as they are', async () => {
  const world = shy(new World())
  await rollOut(world, { system })
  const made = world.host.made
  const again = await rollOut(world, { system })
  expect(again.report).toMatchObject({ outcome: 'done', data: { changes: false, waiting: ['api', 'web'] } })
  expect(world.host.made).toBe(made)
  const { report } = await rollOut(world, { system, wanted: { judged: [await judged(world, 'one')] } })
  expect(report).toMatchObject({ outcome: 'done', message: 'release 2 is live', data: { waiting: [] } })
  expect(world.host.made).toBe(made + 2)
  expect((await world.host.describe('api')).revisions.map(({ models }) => models)).toEqual([
    [{ name: 'taste', version: '1', digest: weights('one') }],
  ])
  expect((await world.registry.get('taste', { alias: 'champion' }))?.digest).toBe(weights('one'))
})

test('R42 a verdict that says no starts nothing that waits', async () => {
  const world = shy(new World())
  await rollOut(world, { system })
  const verdict = await judged(world, 'one', { verdict: 'reject' })
  const { report } = await rollOut(world, { system, wanted: { judged: [verdict] } })
  expect(report.outcome).toBe('refused')
  expect(await stateOf(world, 'api')).toBe('absent')
})

test('R42 a registry that waits for its own model cannot go first: refused, nothing touched', async () => {
  const circle = shopWithModel({
    services: { api: service('api', { model: 'taste' }), mlflow: service('mlflow', { connects: ['api'] }) },
  })
  const world = new World()
  const { report } = await rollOut(world, { system: circle })
  expect(report).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('taste has no verdict'),
  })
  expect(world.host.made).toBe(0)
})

test('a service that runs already keeps running as it is while its first model is not judged', async () => {
  const world = new World()
  const services = { ...system.services, api: service('api') }
  await rollOut(world, { system: { ...system, services } })
  const { report } = await rollOut(world, { system, content: { api: 'v2', mails: 'v2' } })
  expect(report).toMatchObject({ outcome: 'done', data: { waiting: ['api', 'web'] } })
  expect(world.host.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
  expect(world.host.traffic('mails')).toEqual({ [image('mails', 'v2')]: 100 })
  expect(world.objects.json(`${LEDGER}releases/2.json`)).toMatchObject({
    services: { api: { image: image('api', 'v1') }, mails: { image: image('mails', 'v2') } },
  })
})

test('R28 a first wave killed at any request goes live on the re-run, once', async () => {
  for (const when of ['before', 'after'] as const) {
    for (let k = 1; ; k++) {
      const world = shy(new World())
      const wire = new Wire((_, n) => (n === k ? { kind: 'kill', when } : undefined))
      const ended = await (await start(world, { system, wire })).ended
      if (ended !== 'killed') {
        expect(k).toBeGreaterThan(20)
        break
      }
      expect((await rollOut(world, { system })).report.outcome, `${when} ${k}`).toBe('done')
      expect(world.host.made, `${when} ${k}`).toBe(2)
      expect(world.objects.uris(`${LEDGER}releases/`)).toHaveLength(1)
    }
  }
})

test('what connects to a waiting service waits as well, however far away and in a circle', () => {
  const services = {
    a: service('a', { connects: ['b'] }),
    b: service('b', { connects: ['c', 'a'] }),
    c: service('c', { model: 'taste' }),
    d: service('d', { connects: ['e'] }),
    e: service('e'),
  }
  const problem = { what: 'no verdict' }
  expect([...waitingServices({ services }, { taste: { kind: 'unjudged', problem } })].sort()).toEqual([
    'a',
    'b',
    'c',
  ])
  expect(waitingServices({ services }, {}).size).toBe(0)
})
