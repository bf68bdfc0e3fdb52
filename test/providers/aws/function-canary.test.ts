import { describe, expect, test } from 'vitest'
import type { Check } from '../../../src/domain/system/rollout-policy.ts'
import { versionQueries } from '../../../src/providers/aws/functions/counted.ts'
import { checkedServices, checkProblems } from '../../../src/release/check-plan.ts'
import { image } from '../../world/cloud.ts'
import type { FunctionAnswer } from '../../world/cloud-world/http/lambda.ts'
import { openBoth } from './both-shop.ts'

const V1 = image('thumb', 'v1')
const V2 = image('thumb', 'v2')
const NAME = 'shop-test-thumb'
const ERRORS: Check = { kind: 'error-rate', service: 'thumb', margin: 0.02, minRequests: 50, alpha: 0.05 }
const WATCHED = { checks: [ERRORS], bake: 300_000, timeout: 3_600_000 }
type Both = Awaited<ReturnType<typeof openBoth>>

/** Callers of the alias, so often a second; each image fails so often. */
function callers({ world, door }: Both, perSecond: number, errors: Readonly<Record<string, number>>): void {
  let last = world.loopback.now()
  world.door.faults = () => {
    const now = world.loopback.now()
    const asked = Math.floor((perSecond * (now - last)) / 1000)
    if (asked === 0) return undefined
    last = now
    const shares = Object.entries(door.traffic(NAME))
    // Lambda tells versions apart only while the alias leads to two.
    if (shares.length < 2 && !door.weighted(NAME)) return undefined
    for (const [reference, share] of shares) {
      const dimensions = {
        FunctionName: NAME,
        Resource: `${NAME}:live`,
        ExecutedVersion: door.versionOf(NAME, reference),
      }
      const count = Math.round((asked * share) / 100)
      world.watch.count({ namespace: 'AWS/Lambda', name: 'Invocations', dimensions }, count)
      const failed = Math.round(count * (errors[reference] ?? 0))
      world.watch.count({ namespace: 'AWS/Lambda', name: 'Errors', dimensions }, failed)
    }
    return undefined
  }
}

describe('a function at a part of its calls', () => {
  const roll = async (perSecond: number, errors: Readonly<Record<string, number>>) => {
    const shop = await openBoth([], undefined, { policy: WATCHED })
    callers(shop, 40, {})
    expect(await shop.roll('v1')).toMatchObject({ outcome: 'done' })
    callers(shop, perSecond, errors)
    return { shop, report: await shop.roll('v2') }
  }

  test('R31 a version that fails no more often than the one before goes live', async () => {
    const { shop, report } = await roll(40, { [V1]: 0.01, [V2]: 0.01 })
    await using _ = shop
    expect(report).toMatchObject({ outcome: 'done' })
    expect(shop.door.traffic(NAME)).toEqual({ [V2]: 100 })
  })

  test('R31 a version that fails more often goes back with its release, and both rates are told', async () => {
    const { shop, report } = await roll(40, { [V1]: 0.01, [V2]: 0.15 })
    await using _ = shop
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(
        /error-rate of thumb.*failed.*thumb: errors 1[45]\.\d+ % against [01]\.\d+ %/s,
      ),
    })
    expect(shop.door.traffic(NAME)).toEqual({ [V1]: 100 })
    expect(shop.world.serves()).toBe(image('web', 'v1'))
  })

  test('R31 too few calls are inconclusive, and inconclusive goes back', async () => {
    const { shop, report } = await roll(0.05, {})
    await using _ = shop
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/inconclusive.*requests/s),
    })
    expect(shop.door.traffic(NAME)).toEqual({ [V1]: 100 })
  })

  test('R31 R29 a version whose check fails gets no call of anybody, and the service goes back with it', async () => {
    const ill: FunctionAnswer = {
      error: 'Unhandled',
      payload: { errorType: 'ImportError', errorMessage: 'no torch' },
    }
    const behaviour = (reference: string) => ({
      answer: (): FunctionAnswer => (reference === V2 ? ill : { payload: 'ok' }),
    })
    await using shop = await openBoth([], behaviour, { check: { kind: 'event', payload: { ping: 1 } } })
    expect(await shop.roll('v1')).toMatchObject({ outcome: 'done' })
    expect(await shop.roll('v2')).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringContaining('ImportError: no torch'),
    })
    expect(shop.door.traffic(NAME)).toEqual({ [V1]: 100 })
    expect(shop.world.serves()).toBe(image('web', 'v1'))
  })
})

test('R31 the counts are those of one version, as far as the alias calls it', () => {
  const functions = { thumb: { kind: 'lambda-alias', region: 'r', function: NAME, alias: 'live' } } as const
  const queries = versionQueries({ services: {}, functions }, 'thumb', '7')
  expect(queries?.map(({ MetricStat }) => MetricStat?.Metric)).toEqual(
    ['Invocations', 'Errors'].map((MetricName) => ({
      Namespace: 'AWS/Lambda',
      MetricName,
      Dimensions: [
        { Name: 'FunctionName', Value: NAME },
        { Name: 'Resource', Value: `${NAME}:live` },
        { Name: 'ExecutedVersion', Value: '7' },
      ],
    })),
  )
  expect(versionQueries({ services: {}, functions }, 'web', '7')).toBeUndefined()
})

test('R31 a function is looked at where a check names it, and nowhere else', async () => {
  await using shop = await openBoth()
  const { services, functions, environment, rollout } = shop.system
  const names = (check: Check) =>
    checkedServices({ services, functions, environment }, check).map(({ name }) => name)
  expect(names(ERRORS)).toEqual(['thumb'])
  expect(names({ kind: 'error-rate', margin: 0.02, minRequests: 50, alpha: 0.05 })).not.toContain('thumb')
  expect(names({ kind: 'http', path: '/', service: 'thumb', status: 200, requests: 1 })).toEqual([])
  const system = { services, functions, environment, rollout: { ...rollout, checks: [ERRORS] } }
  expect(checkProblems(system, ['http', 'error-rate'])).toEqual([])
})
