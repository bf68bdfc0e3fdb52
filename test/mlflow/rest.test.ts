import { expect, test } from 'vitest'
import * as z from 'zod'
import { Secret } from '../../src/domain/secret.ts'
import { openMlflow } from '../../src/mlflow/registry.ts'
import { MlflowError, MlflowRest } from '../../src/mlflow/rest.ts'
import { type FakeRuntime, fakeRuntime } from '../../src/runtime/fake/index.ts'

type Answers = readonly { status: number; body?: string; headers?: Record<string, string> }[]

/** A server that gives these answers in turn, the last one for ever. */
function server(answers: Answers): { runtime: FakeRuntime; rest: MlflowRest } {
  let next = 0
  const runtime = fakeRuntime({
    http: () => answers[Math.min(next++, answers.length - 1)] ?? { status: 500 },
  })
  return {
    runtime,
    rest: new MlflowRest({ url: 'http://127.0.0.1:5000/', token: new Secret('token-token-token') }, runtime),
  }
}

const ok = { status: 200, body: '{"fine": true}' }
const fine = z.object({ fine: z.boolean() })

test('a call is repeated over a server that is busy or down, with growing pauses', async () => {
  const { runtime, rest } = server([{ status: 503 }, { status: 429, headers: { 'retry-after': '7' } }, ok])
  expect(await rest.get('x', {}, fine)).toEqual({ fine: true })
  expect(runtime.sent).toHaveLength(3)
  expect(runtime.clock.slept[0]).toBeLessThanOrEqual(300)
  expect(runtime.clock.slept[1]).toBe(7000)
})

test('a call ends after five attempts with what the server said', async () => {
  const { runtime, rest } = server([
    { status: 500, body: '{"error_code":"INTERNAL_ERROR","message":"disk full"}' },
  ])
  await expect(rest.get('x', {}, fine)).rejects.toThrow('MLflow answered 500 to GET x: disk full')
  expect(runtime.sent).toHaveLength(5)
})

test('a call that would make a second thing is made once', async () => {
  const { runtime, rest } = server([{ status: 503 }, ok])
  await expect(rest.send('POST', 'x', {}, fine, { repeatable: false })).rejects.toThrow(MlflowError)
  expect(runtime.sent).toHaveLength(1)
})

test('R24 a refusal of the credentials ends at once and is never an absent model', async () => {
  const { runtime } = server([{ status: 403, body: '{"error_code":"PERMISSION_DENIED","message":"no"}' }])
  const registry = openMlflow({ url: 'http://127.0.0.1:5000' }, runtime)
  await expect(registry.get('sensitive', { alias: 'champion' })).rejects.toMatchObject({
    outcome: 'cannot-observe',
  })
  expect(runtime.sent).toHaveLength(1)
})

test('R5 the token goes into the header and into no message', async () => {
  const { runtime, rest } = server([{ status: 401, body: 'who are you' }])
  const error = await rest.get('x', {}, fine).catch((thrown: unknown) => thrown)
  expect(runtime.sent[0]?.headers?.['authorization']).toBe('Bearer token-token-token')
  expect(String(error) + JSON.stringify(error)).not.toContain('token-token')
})

test('an answer that is no JSON, or lacks what was asked for, is an error of the service', async () => {
  await expect(server([{ status: 200, body: '<html>' }]).rest.get('x', {}, fine)).rejects.toThrow('no JSON')
  await expect(server([{ status: 200, body: '{}' }]).rest.get('x', {}, fine)).rejects.toThrow('without fine')
})

test('a version without a digest is refused: nobody knows which bytes it is', async () => {
  const version = { name: 'sensitive', version: '3', creation_timestamp: 1, source: 's3://x/y' }
  const { runtime } = server([{ status: 200, body: JSON.stringify({ model_version: version }) }])
  const registry = openMlflow({ url: 'http://127.0.0.1:5000' }, runtime)
  await expect(registry.get('sensitive', { version: '3' })).rejects.toThrow(
    'version 3 of model sensitive has no tag',
  )
})

test('an alias that another writer moved meanwhile is a conflict', async () => {
  const version = (number: string) => ({
    status: 200,
    body: JSON.stringify({
      model_version: { name: 'm', version: number, creation_timestamp: 1, source: 's3://x/y' },
    }),
  })
  // Read 1, version 2 exists, written, and then 3 stands there.
  const { runtime } = server([version('1'), version('2'), { status: 200, body: '{}' }, version('3')])
  const registry = openMlflow({ url: 'http://127.0.0.1:5000' }, runtime)
  expect(await registry.setAlias('m', 'champion', '2', '1')).toBe('conflict')
})

test('R2 a name that could leave a search filter is refused before any request', async () => {
  const { runtime } = server([ok])
  const registry = openMlflow({ url: 'http://127.0.0.1:5000' }, runtime)
  await expect(registry.list("x' OR name='y")).rejects.toThrow('cannot be the name of a model')
  expect(runtime.sent).toEqual([])
})
