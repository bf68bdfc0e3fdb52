import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, type ImageReference, imageReference } from '../../../src/domain/digest.ts'
import type { SluiceError } from '../../../src/domain/error.ts'
import type { LambdaFunctions } from '../../../src/providers/aws/functions/host.ts'
import { openUnits } from '../../../src/providers/aws/units.ts'
import { serviceHostContract } from '../../contract/service-host.ts'
import { image as releasedImage, service } from '../../world/cloud.ts'
import type { FunctionBehaviour } from '../../world/cloud-world/http/lambda.ts'
import { ecsShop } from '../../world/ecs-world.ts'
import { openBoth } from './both-shop.ts'
import { type FunctionShop, NAME, openShop, targets } from './function-shop.ts'

/** What Lambda tells of each kind of image when it is called. */
const ANSWERS = {
  good: { payload: { statusCode: 200, body: '{}' } },
  'wrong-model': { payload: { statusCode: 200, body: '{}' } },
  sick: { payload: { statusCode: 500, body: '' } },
  exits: {
    error: 'Unhandled',
    payload: {
      errorType: 'Runtime.ExitError',
      errorMessage: 'RequestId: 1 Error: Runtime exited with error: exit status 3',
    },
    log: 'START RequestId: 1\nno configuration found\nEND RequestId: 1\n',
  },
} as const

serviceHostContract('Lambda', async () => {
  const behaviours = new Map<string, FunctionBehaviour>()
  const shop = await openShop((image) => behaviours.get(image) ?? {})
  const made = new Map<string, string>()
  let asked = 0
  return {
    services: shop.open({ kind: 'http', path: '/health', status: 200 }),
    image: async (behaviour, version) => {
      const reference = imageReference('repository/api', digestOf(`${behaviour} ${version}`))
      made.set(reference, version)
      behaviours.set(reference, { answer: () => ANSWERS[behaviour] })
      return reference
    },
    service: (changes) => service('api', changes),
    request: async () => {
      const slots = Object.entries(shop.door.traffic(NAME)).flatMap(([image, percent]) =>
        Array<string>(percent).fill(image),
      )
      const known = made.get(slots[(asked++ * 37) % 100] ?? '')
      return known === undefined ? { status: 503, body: '' } : { status: 200, body: known }
    },
    pause: () => shop.clock.sleep(5_000),
    close: () => shop.close(),
  }
})

describe('a function as part of a release', () => {
  let shop: FunctionShop
  let behaviour: Record<string, FunctionBehaviour> = {}
  beforeEach(async () => {
    behaviour = {}
    shop = await openShop((image) => behaviour[image] ?? {})
  })
  afterEach(() => shop.close())

  const image = (version: string): ImageReference => imageReference('repository/api', digestOf(version))
  const stage = (host: LambdaFunctions, version: string): Promise<string> =>
    host.stage({
      service: service('api'),
      image: image(version),
      models: [],
      release: digestOf(`release ${version}`),
    })
  const live = async (version: string): Promise<string> => {
    const host = shop.open()
    const id = await stage(host, version)
    await host.shift('api', id, 100)
    await host.settle('api', id)
    return id
  }

  test('R27 a version is published of exactly the digest, and says its release', async () => {
    const id = await live('v1')
    expect(shop.door.versions(NAME)).toEqual(['1', id])
    expect((await shop.open().describe('api')).revisions).toEqual([
      expect.objectContaining({ id, image: image('v1'), release: digestOf('release v1'), weight: 100 }),
    ])
  })

  test('R28 killed at any request, a re-run stages the same version and none more', async () => {
    await live('v1')
    const whole = shop.door.requests.length
    await stage(shop.open(), 'v2')
    const asked = shop.door.requests.length - whole
    expect(asked).toBeGreaterThan(5)
    for (let k = 1; k <= asked; k++) {
      const one = await openShop()
      let n = 0
      // The effect is made, and nobody hears of it: three times, so that the client gives up.
      one.door.faults = () => (++n >= k && n < k + 3 ? { kind: 'lost' } : undefined)
      await stage(one.open(), 'v2').catch(() => undefined)
      one.door.faults = () => undefined
      const id = await stage(one.open(), 'v2')
      expect(one.door.versions(NAME), `request ${k}`).toEqual(['1', id])
      await one.open().shift('api', id, 10)
      expect(one.door.traffic(NAME), `request ${k}`).toEqual({
        'repository/api:template': 90,
        [image('v2')]: 10,
      })
      await one.close()
    }
  })

  test('R28 an answer that is lost at any request of a move, on either side of its effect, changes nothing', async () => {
    const course: readonly ((host: LambdaFunctions) => Promise<unknown>)[] = [
      (host) => host.shift('api', '2', 10),
      (host) => host.shift('api', '2', 100),
      (host) => host.settle('api', '2'),
      (host) => stage(host, 'v3'),
      (host) => host.shift('api', '3', 50),
      (host) => host.revert('api', '3'),
    ]
    /** Requests of the whole course, where the answer of number `lost` never comes; whoever hears nothing repeats the step. */
    const run = async (lost: number): Promise<number> => {
      const one = await openShop()
      expect(await stage(one.open(), 'v2')).toBe('2')
      let n = 0
      one.door.faults = () => (++n === lost ? { kind: 'lost' } : undefined)
      for (const step of course) {
        await step(one.open()).catch((error: SluiceError) => {
          expect(error.outcome, `request ${lost}`).toBe('external')
          return step(one.open())
        })
      }
      expect(one.door.traffic(NAME), `request ${lost}`).toEqual({ [image('v2')]: 100 })
      expect(one.door.versions(NAME), `request ${lost}`).toEqual(['1', '2', '3'])
      await one.close()
      return n
    }
    const whole = await run(0)
    expect(whole).toBeGreaterThan(15)
    for (let lost = 1; lost <= whole; lost++) await run(lost)
  }, 60_000)

  test('R23 a version that Lambda cannot run any more says why', async () => {
    await live('v1')
    const id = await stage(shop.open(), 'v2')
    behaviour[image('v2')] = { lost: 'The image was deleted.' }
    const { revisions } = await shop.open().describe('api')
    expect(revisions.find((one) => one.id === id)).toMatchObject({
      healthy: false,
      running: 0,
      trouble: 'The image was deleted.',
    })
    expect(revisions.find((one) => one.image === image('v1'))).toMatchObject({ healthy: true, trouble: null })
  })

  test('R29 going back at any step leaves all of the traffic on the version before', async () => {
    await live('v1')
    for (const percent of [0, 10, 100]) {
      const host = shop.open()
      const id = await stage(host, 'v2')
      await host.shift('api', id, percent)
      await host.revert('api', id)
      expect(shop.door.traffic(NAME)).toEqual({ [image('v1')]: 100 })
    }
    // It was published once, and found again each time.
    expect(shop.door.versions(NAME)).toEqual(['1', '2', '3'])
  })

  test('R28 a release that was live before is served by the version that it had', async () => {
    const first = await live('v1')
    await live('v2')
    expect(await stage(shop.open(), 'v1')).toBe(first)
    expect(shop.door.versions(NAME)).toEqual(['1', '2', '3'])
  })

  test('R30 of two rollouts at once one wins, and the alias names its version alone', async () => {
    await live('v1')
    const ended = await Promise.allSettled([stage(shop.open(), 'v2'), stage(shop.open(), 'v3')])
    const won = ended.filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
    const [lost] = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as object] : []))
    expect(lost).toMatchObject({ outcome: 'locked' })
    expect((await shop.open().describe('api')).revisions).toHaveLength(2)
  })

  test('R30 an alias that somebody else moves between the look and the move is looked at again', async () => {
    await live('v1')
    const host = shop.open()
    const id = await stage(host, 'v2')
    shop.door.faults = (name) => {
      if (!name.startsWith('PUT') || !name.includes('aliases')) return undefined
      shop.door.faults = () => undefined
      // Somebody else takes our version away.
      shop.cloud.store.move('aws_lambda_alias', `${NAME}/live`, { routing_config: [] })
      return undefined
    }
    await expect(host.shift('api', id, 50)).rejects.toMatchObject({ outcome: 'stale' })
    expect(shop.door.traffic(NAME)).toEqual({ [image('v1')]: 100 })
  })

  test.each<[string, FunctionBehaviour, RegExp]>([
    ['is missing from the registry', { missing: true }, /does not exist/],
    ['cannot be used', { fails: 'Error: fork/exec /lambda-entrypoint.sh' }, /fork\/exec/],
  ])('R23 an image that %s is told before it gets any traffic', async (_, how, why) => {
    await live('v1')
    behaviour[image('v2')] = how
    await expect(stage(shop.open(), 'v2')).rejects.toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(why),
    })
    expect(shop.door.traffic(NAME)).toEqual({ [image('v1')]: 100 })
    // A good one goes on from there.
    await live('v3')
    expect(shop.door.traffic(NAME)).toEqual({ [image('v3')]: 100 })
  })

  test.each([
    ['AccessDeniedException', 403, 'cannot-observe'],
    ['ExpiredTokenException', 403, 'cannot-observe'],
    ['ServiceException', 500, 'external'],
  ])('R24 %s is never taken for an answer', async (code, status, outcome) => {
    shop.door.faults = () => ({ kind: 'answer', status, code })
    await expect(shop.open().describe('api')).rejects.toMatchObject({ outcome })
  })

  test('R24 a function that targets.json does not name, and one that is gone, are told', async () => {
    await expect(shop.open().describe('ghost')).rejects.toMatchObject({ outcome: 'usage' })
    shop.cloud.store.remove('aws_lambda_alias', `${NAME}/live`)
    await expect(stage(shop.open(), 'v1')).rejects.toMatchObject({ outcome: 'cannot-observe' })
  })

  test('R26 throttling is waited out', async () => {
    let n = 0
    shop.door.faults = () =>
      ++n < 20 ? { kind: 'answer', status: 429, code: 'TooManyRequestsException' } : undefined
    expect(await shop.open().describe('api')).toMatchObject({ state: 'absent' })
  })
})

test('a service that sluice.yml and targets.json no longer have is absent; one that is only not applied is told', async () => {
  const ask = async () => {
    throw new Error('nobody is asked')
  }
  const system = ecsShop()
  const units = openUnits({ every: 1, patience: 1 }, system, async () => targets, {
    ecs: ask,
    lambda: ask,
    workers: ask,
  })
  expect(await units.describe('gone')).toEqual({ service: 'gone', state: 'absent', url: null, revisions: [] })
  await expect(units.describe('web')).rejects.toThrow('nobody is asked')
})

describe('a release of a service and a function', () => {
  const V1 = releasedImage('web', 'v1')

  test('R23 both go live together, and both are named by the release', async () => {
    await using shop = await openBoth()
    expect(await shop.roll('v1')).toMatchObject({ outcome: 'done', message: 'release 1 is live' })
    const report = await shop.roll('v2')
    expect(report).toMatchObject({ outcome: 'done' })
    expect(Object.keys(report.data['services'] as object)).toEqual(['web', 'thumb'])
    expect(shop.world.serves()).toBe(releasedImage('web', 'v2'))
    expect(shop.door.traffic('shop-test-thumb')).toEqual({ [releasedImage('thumb', 'v2')]: 100 })
  })

  test('R29 where Lambda loses the image of the function meanwhile, the service goes back with it, and why is told', async () => {
    const V2 = releasedImage('thumb', 'v2')
    await using shop: Awaited<ReturnType<typeof openBoth>> = await openBoth([], (image) =>
      image === V2 && shop.door.versions('shop-test-thumb').length > 2
        ? { lost: 'The image was deleted.' }
        : {},
    )
    expect(await shop.roll('v1')).toMatchObject({ outcome: 'done' })
    const report = await shop.roll('v2')
    expect(report).toMatchObject({ outcome: 'rolled-back' })
    expect(report.message).toMatch(/The image was deleted/)
    expect(shop.world.serves()).toBe(V1)
    expect(shop.door.traffic('shop-test-thumb')).toEqual({ [releasedImage('thumb', 'v1')]: 100 })
  })

  test('R29 where the service fails, the function goes back with it', async () => {
    await using shop = await openBoth([releasedImage('web', 'v2')])
    expect(await shop.roll('v1')).toMatchObject({ outcome: 'done' })
    expect(await shop.roll('v2')).toMatchObject({ outcome: 'rolled-back' })
    expect(shop.world.serves()).toBe(V1)
    expect(shop.door.traffic('shop-test-thumb')).toEqual({ [releasedImage('thumb', 'v1')]: 100 })
  })
})
