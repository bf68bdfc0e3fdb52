import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, imageReference } from '../../../src/domain/digest.ts'
import type { FunctionCheck } from '../../../src/domain/system/function-check.ts'
import { checkTrouble, eventOf } from '../../../src/providers/aws/functions/check.ts'
import type { LambdaFunctions } from '../../../src/providers/aws/functions/host.ts'
import { service } from '../../world/cloud.ts'
import type { FunctionAnswer } from '../../world/cloud-world/http/lambda.ts'
import { type FunctionShop, NAME, openShop } from './function-shop.ts'

const EVENT: FunctionCheck = { kind: 'event', payload: { ping: true } }
const ROUTE: FunctionCheck = { kind: 'http', path: '/health?deep=1', status: 200, contains: 'fine' }
const image = imageReference('repository/api', digestOf('v2'))

describe('a new version of a function, called before it gets any traffic', () => {
  let shop: FunctionShop
  let answer: FunctionAnswer
  beforeEach(async () => {
    answer = { payload: { statusCode: 200, body: 'all fine' } }
    shop = await openShop(() => ({ answer: () => answer }))
  })
  afterEach(() => shop.close())

  const stage = (host: LambdaFunctions): Promise<string> =>
    host.stage({ service: service('api'), image, models: [], release: digestOf('release v2') })
  const staged = async (host: LambdaFunctions, id: string) =>
    (await host.describe('api')).revisions.find((one) => one.id === id)

  test('R31 it is exactly the version that waits, at 0 %, and it is called once where it passes', async () => {
    const host = shop.open(ROUTE)
    const id = await stage(host)
    expect(await staged(host, id)).toMatchObject({ healthy: true, running: 1, trouble: null, weight: 0 })
    expect(await staged(host, id)).toMatchObject({ healthy: true })
    expect(shop.door.calls).toEqual([{ version: id, event: eventOf(ROUTE) }])
    expect(shop.door.traffic(NAME)).toEqual({ 'repository/api:template': 100 })
  })

  test('R31 one that fails is not healthy and says why; each look asks again, and it may mend', async () => {
    answer = {
      payload: { errorType: 'KeyError', errorMessage: "'MODEL'" },
      error: 'Unhandled',
      log: 'loading\n',
    }
    const host = shop.open(EVENT)
    const id = await stage(host)
    expect(await staged(host, id)).toMatchObject({
      healthy: false,
      running: 0,
      trouble: "Unhandled error of the check: KeyError: 'MODEL'; loading",
    })
    answer = { payload: 'ok' }
    expect(await staged(host, id)).toMatchObject({ healthy: true, trouble: null })
    expect(shop.door.calls.map(({ event }) => event)).toEqual([{ ping: true }, { ping: true }])
  })

  test('a version that has traffic is not called: its callers say how it is', async () => {
    const id = await stage(shop.open(EVENT))
    const host = shop.open(EVENT)
    await host.shift('api', id, 10)
    expect(await staged(host, id)).toMatchObject({ healthy: true, weight: 10 })
    expect(shop.door.calls).toEqual([])
  })

  test('a function without a check is called by nobody', async () => {
    const host = shop.open()
    await staged(host, await stage(host))
    expect(shop.door.calls).toEqual([])
  })

  test.each([
    [403, 'AccessDeniedException', 'cannot-observe'],
    [502, 'EC2UnexpectedException', 'external'],
  ])('R24 an answer %i to the call is no verdict', async (status, code, outcome) => {
    const host = shop.open(EVENT)
    await stage(host)
    shop.door.faults = (name) => (name.includes('invocations') ? { kind: 'answer', status, code } : undefined)
    await expect(host.describe('api')).rejects.toMatchObject({ outcome })
  })
})

describe('what the answer to a check says', () => {
  const made = (payload: unknown, functionError: string | null = null) => ({
    functionError,
    payload: JSON.stringify(payload),
    log: [],
  })

  test('a path is handed over as an HTTP API would', () => {
    expect(eventOf(ROUTE)).toMatchObject({
      version: '2.0',
      routeKey: 'GET /health',
      rawPath: '/health',
      rawQueryString: 'deep=1',
      queryStringParameters: { deep: '1' },
      requestContext: { http: { method: 'GET', path: '/health' } },
    })
    expect(eventOf({ kind: 'http', path: '/', status: 200 })).not.toHaveProperty('queryStringParameters')
  })

  test.each<[string, FunctionCheck, unknown, string | null]>([
    ['an event', EVENT, null, null],
    ['an event and its text', { ...EVENT, contains: 'pong' }, { answer: 'pong' }, null],
    [
      'an event without its text',
      { ...EVENT, contains: 'pong' },
      {},
      'its answer to the check does not contain "pong"',
    ],
    ['a route', ROUTE, { statusCode: 200, body: 'fine' }, null],
    ['a body in base64', ROUTE, { statusCode: 200, body: 'ZmluZQ==', isBase64Encoded: true }, null],
    ['a bare body', ROUTE, 'fine', null],
    [
      'another status',
      ROUTE,
      { statusCode: 503, body: 'fine' },
      'GET /health?deep=1 answers 503 instead of 200',
    ],
    [
      'a status that is none',
      ROUTE,
      { statusCode: 'ok' },
      'GET /health?deep=1 answers no status instead of 200',
    ],
    ['nothing', ROUTE, null, 'GET /health?deep=1 answers no status instead of 200'],
    [
      'another body',
      ROUTE,
      { statusCode: 200, body: 'ill' },
      'the answer to GET /health?deep=1 does not contain "fine"',
    ],
  ])('R31 %s', (_, check, payload, trouble) => {
    expect(checkTrouble(check, made(payload))).toBe(trouble)
  })

  test('R31 a function that ended with an error has not passed, whatever it returned', () => {
    expect(checkTrouble(EVENT, made('no JSON object', 'Handled'))).toBe(
      'Handled error of the check: "no JSON object"',
    )
  })
})
