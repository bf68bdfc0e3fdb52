import { afterEach, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import { modelPin, type ServedModel } from '../../../../src/domain/models/model.ts'
import type { Check } from '../../../../src/domain/system/rollout-policy.ts'
import type { RevisionStatus } from '../../../../src/providers/ports/services.ts'
import type { HttpRequest } from '../../../../src/runtime/runtime.ts'
import { rollOut } from '../../../world/client.ts'
import { image, service } from '../../../world/cloud.ts'
import { type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'
import { Wire } from '../../../world/faults.ts'

const PROBE: Check = { kind: 'http', path: '/health', status: 200, requests: 5 }
let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const open = async (staged: boolean): Promise<void> => {
  const { rollout } = ecsShop()
  world = await openEcsWorld({ staged, system: ecsShop({ rollout: { ...rollout, checks: [PROBE] } }) })
}

/** Rolls out; what answers with the header of the test rule is told apart from what answers without. */
async function roll(content: string, answers: { readonly staged: number; readonly others: number }) {
  const asked: HttpRequest[] = []
  const http = (request: HttpRequest) => {
    asked.push(request)
    const status = request.headers?.['x-sluice-staged'] === 'k3y' ? answers.staged : answers.others
    return { status, body: 'ok' }
  }
  const { report } = await rollOut(world, {
    system: world.system,
    content: { web: content },
    commit: content,
    machine: { http },
  })
  return { report, asked: asked.filter(({ url }) => url.endsWith('/health')) }
}

test('R31 while a release has a part of the traffic, probes reach it and no other revision', async () => {
  await open(true)
  expect((await roll('v1', { staged: 200, others: 200 })).report).toMatchObject({ outcome: 'done' })
  const { report, asked } = await roll('v2', { staged: 500, others: 200 })
  expect(report).toMatchObject({
    outcome: 'rolled-back',
    message: expect.stringMatching(/at 10 %.*status 500 instead of 200/s),
  })
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.every(({ headers }) => headers?.['x-sluice-staged'] === 'k3y')).toBe(true)
  expect(world.serves()).toBe(image('web', 'v1'))
})

test('R31 what the release before answers does not condemn the new one', async () => {
  await open(true)
  await roll('v1', { staged: 200, others: 200 })
  expect((await roll('v2', { staged: 200, others: 500 })).report).toMatchObject({ outcome: 'done' })
})

test('infrastructure without such a rule is asked as its users ask it', async () => {
  await open(false)
  await roll('v1', { staged: 200, others: 200 })
  const { report, asked } = await roll('v2', { staged: 500, others: 200 })
  expect(report).toMatchObject({ outcome: 'done' })
  expect(asked.some(({ headers }) => headers?.['x-sluice-staged'] !== undefined)).toBe(false)
})

test('R31 the way to a revision is told once ECS has led the test rule there, and no longer than it is on its way', async () => {
  await open(true)
  const services = world.services()
  const spec = (version: string) => ({
    service: world.system.services['web'] ?? service('web'),
    image: image('web', version),
    models: [],
    release: digestOf(version),
  })
  const ways = async (): Promise<readonly unknown[]> =>
    (await services.describe('web')).revisions.map(({ weight, headers }) => [
      weight,
      headers?.['x-sluice-staged'],
    ])
  const first = await services.stage(spec('v1'))
  await services.shift('web', first, 100)
  await services.settle('web', first)
  expect(await ways()).toEqual([[100, undefined]])
  const second = await services.stage(spec('v2'))
  // Its copies start: the rule still leads to what serves.
  expect(await ways()).toEqual(expect.arrayContaining([[0, undefined]]))
  await services.shift('web', second, 10)
  expect(await ways()).toEqual(
    expect.arrayContaining([
      [10, 'k3y'],
      [90, undefined],
    ]),
  )
  await services.shift('web', second, 100)
  await services.settle('web', second)
  expect(await ways()).toEqual([[100, undefined]])
})

test('R42 a revision that has loaded another model is not healthy before any request reaches it', async () => {
  const model: ServedModel = { name: 'taste', version: '7', digest: digestOf('weights') }
  const web = service('web', { health: '//elsewhere.example/health', model: 'taste' })
  world = await openEcsWorld({ staged: true, system: ecsShop({ services: { web } }) })
  const loaded = { serves: modelPin(model), staged: `6@${model.digest}` }
  const hosts = new Set<string>()
  const http = ({ url, headers }: HttpRequest) => {
    hosts.add(new URL(url).hostname)
    const taste = headers?.['x-sluice-staged'] === 'k3y' ? loaded.staged : loaded.serves
    return { status: 200, body: JSON.stringify({ models: { taste } }) }
  }
  const services = world.services(new Wire(), world.machine({ http }))
  const stage = (version: string): Promise<string> =>
    services.stage({
      service: web,
      image: image('web', version),
      models: [model],
      release: digestOf(version),
    })
  const seen = async (id: string): Promise<RevisionStatus | undefined> => {
    for (let look = 0; look < 60; look++) {
      const found = (await services.describe('web')).revisions.find((one) => one.id === id)
      if (found !== undefined && (found.healthy || found.trouble !== null)) return found
      await world.loopback.sleep(2_000)
    }
    return undefined
  }
  const id = await stage('v1')
  expect(await seen(id)).toMatchObject({ weight: 0, healthy: false, trouble: expect.stringContaining('6@') })
  loaded.staged = modelPin(model)
  expect(await seen(id)).toMatchObject({ weight: 0, healthy: true })
  // What looks like another host is a path of this one.
  expect([...hosts]).not.toContain('elsewhere.example')
  expect(hosts.size).toBe(1)
})
