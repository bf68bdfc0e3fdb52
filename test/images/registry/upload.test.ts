import fc from 'fast-check'
import { expect, test } from 'vitest'
import { remedyOf } from '../../../src/images/registry/upload.ts'
import { type FaultPlan, strike } from '../../world/registry/faults.ts'
import { putImage } from '../../world/registry/images.ts'
import { type FakeRegistryOptions, startFakeRegistry } from '../../world/registry/server.ts'
import { client, errorOf } from './client.ts'

const SIZE = 3_000_000

/** Copies one large layer into a registry with these faults. */
async function copyInto(options: FakeRegistryOptions, chunk?: number) {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry(options)
  await using registry = client(chunk === undefined ? {} : { chunk })
  const { digest } = putImage(from.store, 'up/app', { layers: [SIZE] })
  const error = await registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`).then(
    () => undefined,
    (cause: Error) => cause,
  )
  const target = to.store.make('app')
  return {
    error,
    asked: to.asked,
    slept: registry.runtime.clock.slept,
    received: to.received(),
    whole: target.manifests.has(digest) && [...target.blobs.values()].some(({ length }) => length === SIZE),
    left: target.uploads.size,
  }
}

const patches = (asked: readonly string[]) => asked.filter((one) => one.startsWith('PATCH')).length

test('a small blob is one PUT, a large one PATCH and PUT', async () => {
  const { asked, whole } = await copyInto({})
  expect(whole).toBe(true)
  expect(patches(asked)).toBe(1)
  expect(asked.filter((one) => one.startsWith('PUT') && one.includes('/blobs/'))).toHaveLength(2)
})

test('in chunks a blob is as many requests as it takes', async () => {
  const { asked, whole } = await copyInto({}, 1_000_000)
  expect(whole).toBe(true)
  expect(patches(asked)).toBe(3)
})

test('an upload that is cut goes on from the byte that the registry has', async () => {
  const { whole, asked, received } = await copyInto({
    faults: strike('PATCH', /uploads/, { kind: 'cut', after: 1_200_000 }),
  })
  expect(whole).toBe(true)
  expect(patches(asked)).toBe(2)
  // Less than twice: what the registry had was not sent again.
  expect(received).toBeLessThan(SIZE * 1.6)
})

test('PROPERTY whatever is cut or lost on the way, the blob is whole in the end, or it is an error', async () => {
  const fault = fc.oneof(
    fc.record({ kind: fc.constant('cut' as const), after: fc.integer({ min: 0, max: SIZE }) }),
    fc.constant({ kind: 'lost' as const }),
    fc.constantFrom(429, 500, 502, 503).map((status) => ({ kind: 'status' as const, status })),
  )
  const step = fc.record({ method: fc.constantFrom('PATCH', 'PUT', 'POST', 'HEAD', 'GET'), fault })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 5 }),
      fc.constantFrom(undefined, 700_000),
      async (steps, chunk) => {
        const plans = steps.map(({ method, fault }): FaultPlan => strike(method, /./, fault))
        const faults: FaultPlan = (asked) => plans.map((plan) => plan(asked)).find((one) => one !== undefined)
        const { error, whole } = await copyInto({ faults }, chunk)
        expect({ error: error?.message, whole }).toEqual({ error: undefined, whole: true })
      },
    ),
    { numRuns: 25 },
  )
})

test('a lost answer to the last PUT is no second upload', async () => {
  const { whole, asked } = await copyInto({ faults: strike('PUT', /uploads/, { kind: 'lost' }, 2) })
  expect(whole).toBe(true)
  expect(patches(asked)).toBe(1)
})

test('an upload that the registry has forgotten starts afresh', async () => {
  const { whole, asked } = await copyInto({
    faults: strike('PATCH', /uploads/, { kind: 'status', status: 404, code: 'BLOB_UPLOAD_UNKNOWN' }),
  })
  expect(whole).toBe(true)
  expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(3)
})

test('a proxy that refuses long requests is given shorter ones; one that refuses all is an error', async () => {
  expect((await copyInto({ longest: 4 * 1024 * 1024 })).whole).toBe(true)
  const { error, whole } = await copyInto({ longest: 1_000_000 })
  expect(whole).toBe(false)
  expect(error?.message).toContain('answers 413')
  expect((error as { remedy?: string }).remedy).toContain('proxy')
})

test('a registry that is full of trouble is given up after a few tries, and the upload with it', async () => {
  const { error, asked, left } = await copyInto({
    faults: ({ method }) => (method === 'PATCH' ? { kind: 'status', status: 503 } : undefined),
  })
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
  expect(error?.message).toContain('answers 503')
  expect(patches(asked)).toBe(6)
  expect(left).toBe(0)
})

test('a refusal is no reason to try again', async () => {
  const { error, asked } = await copyInto({
    faults: ({ method }) =>
      method === 'PATCH' ? { kind: 'status', status: 403, code: 'DENIED' } : undefined,
  })
  expect(error).toMatchObject({ outcome: 'external', whose: 'user' })
  expect(patches(asked)).toBe(1)
})

test('what a broken part asks for', () => {
  const answer = (status: number, code = 'UNKNOWN') => ({
    status,
    bytes: Buffer.from(JSON.stringify({ errors: [{ code }] })),
  })
  const whole = Number.POSITIVE_INFINITY
  expect(remedyOf(undefined, 9)).toEqual({ afresh: false, chunk: 9 })
  expect(remedyOf(answer(401), 9)).toEqual({ afresh: false, chunk: 9 })
  expect(remedyOf(answer(503), 9)).toEqual({ afresh: false, chunk: 9 })
  expect(remedyOf(answer(416), 9)).toEqual({ afresh: true, chunk: 9 })
  expect(remedyOf(answer(400, 'DIGEST_INVALID'), 9)).toEqual({ afresh: true, chunk: 9 })
  expect(remedyOf(answer(413), whole)).toEqual({ afresh: true, chunk: 64 * 1024 * 1024 })
  expect(remedyOf(answer(413), 64 * 1024 * 1024)).toEqual({ afresh: true, chunk: 4 * 1024 * 1024 })
  expect(remedyOf(answer(413), 4 * 1024 * 1024)).toBe('give-up')
  expect(remedyOf(answer(403), whole)).toBe('give-up')
  expect(remedyOf(answer(404, 'NAME_UNKNOWN'), whole)).toBe('give-up')
})

test('errors name the digest that a source lacks', async () => {
  await using from = await startFakeRegistry()
  await using to = await startFakeRegistry()
  await using registry = client()
  const { digest, layers } = putImage(from.store, 'up/app', { layers: [5000] })
  const [layer = { digest: '' }] = layers
  from.store.make('up/app').blobs.delete(layer.digest)
  const error = await errorOf(registry.copy(`${from.host}/up/app@${digest}`, `${to.host}/app`))
  expect(error.message).toContain(`answers 404 to blob up/app@${layer.digest} (BLOB_UNKNOWN)`)
})
