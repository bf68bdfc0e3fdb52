import { expect, test } from 'vitest'
import { externalError } from '../../../src/domain/error.ts'
import { rollOut } from '../../world/client.ts'
import { image } from '../../world/cloud.ts'
import { judged, shopWithModel, weights } from '../../world/judged.ts'
import { ReleaseWorld, SERVICES } from './release-world.ts'

/** The service is the registry of the model, and the pool behind it loads one. */
function scene(): ReleaseWorld {
  const [api, queue] = SERVICES
  if (api === undefined || queue === undefined) throw new Error('two services are needed')
  const { taste } = shopWithModel().models
  if (taste === undefined) throw new Error('a model is needed')
  const world = new ReleaseWorld({
    services: { api: { ...api, connects: [] }, queue: { ...queue, model: 'taste', connects: ['api'] } },
    models: { taste: { ...taste, registry: 'api' } },
  })
  for (const name of ['api', 'queue']) world.program(image(name, 'v1'), {})
  const get = world.registry.get.bind(world.registry)
  world.registry.get = async (...asked) => {
    if (Object.keys(await world.traffic('api')).length === 0) {
      throw externalError('service', { what: 'the registry does not answer' })
    }
    return get(...asked)
  }
  return world
}

test('R42 on Google Cloud the registry goes live before any verdict, and what loads the model with the first one', async () => {
  const world = scene()
  const { system } = world
  const first = await rollOut(world, { system })
  expect(first.report).toMatchObject({ outcome: 'done', data: { waiting: ['queue'] } })
  expect(await world.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
  const [, made] = world.made()
  expect(made).toBe(1)
  const { report } = await rollOut(world, { system, wanted: { judged: [await judged(world, 'one')] } })
  expect(report).toMatchObject({ outcome: 'done', data: { waiting: [] } })
  const { revisions } = await world.cloud.open().services.describe('queue')
  expect(revisions).toMatchObject([
    { weight: 100, models: [{ name: 'taste', version: '1', digest: weights('one') }] },
  ])
})
