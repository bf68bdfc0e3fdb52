import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Targets } from '../../src/domain/stacks/targets.ts'
import type { System } from '../../src/domain/system/system.ts'
import { openSystemRegistry, trackingUrl } from '../../src/mlflow/system-registry.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'

const system = {
  environment: { name: 'production' },
  services: { mlflow: {}, inside: {} },
  models: {
    sentiment: { registry: 'mlflow' },
    faces: { registry: 'https://mlflow.example/tracking/' },
    hidden: { registry: 'inside' },
    late: { registry: 'inside' },
    leaky: { registry: 'https://ada:canary-4711@mlflow.example' },
  },
} as unknown as System

const target = (url?: string) => ({
  kind: 'ecs-service' as const,
  region: 'eu-west-1',
  cluster: 'c',
  service: 's',
  container: 'c',
  loadBalanced: url !== undefined,
  ...(url === undefined ? {} : { url }),
})
const targets = { services: { mlflow: target('https://mlflow.films.example/'), inside: target() } }

test.each([
  ['sentiment', undefined, 'https://mlflow.films.example'],
  ['faces', undefined, 'https://mlflow.example/tracking'],
  ['sentiment', '', 'https://mlflow.films.example'],
  ['hidden', 'http://127.0.0.1:5000', 'http://127.0.0.1:5000'],
  ['faces', 'http://127.0.0.1:5000', 'http://127.0.0.1:5000'],
])('the registry of model %s with MLFLOW_TRACKING_URI %s is %s', (model, override, url) => {
  expect(trackingUrl(system, model, targets, override)).toBe(url)
})

test.each([
  ['hidden', targets, 'service inside, has no address outside of the network'],
  ['late', { services: {} }, 'service inside, is not applied yet'],
])('model %s without a way to its registry is refused by name', (model, found, said) => {
  const refuse = (): string => trackingUrl(system, model, found, undefined)
  expect(refuse).toThrow(`model ${model} of environment production`)
  expect(refuse).toThrow(said)
  try {
    refuse()
  } catch (error) {
    expect(error).toMatchObject({ outcome: 'usage', whose: 'user' })
    expect((error as { remedy?: string }).remedy).toContain('MLFLOW_TRACKING_URI')
  }
})

test('a model that is not in sluice.yml is named, with the nearest one', () => {
  expect(() => trackingUrl(system, 'sentimen', targets, undefined)).toThrow('no model sentimen')
})

test('R5 a password in a URL is refused, and not repeated', () => {
  const refuse = (): string => trackingUrl(system, 'leaky', targets, undefined)
  expect(refuse).toThrow('models.leaky.registry is no address')
  expect(refuse).not.toThrow('canary')
})

test.each([
  [{ MLFLOW_TRACKING_TOKEN: 'canary' }, 'Bearer canary'],
  [
    { MLFLOW_TRACKING_USERNAME: 'ada', MLFLOW_TRACKING_PASSWORD: 'canary' },
    `Basic ${Buffer.from('ada:canary').toString('base64')}`,
  ],
  [
    { MLFLOW_TRACKING_TOKEN: 'other', MLFLOW_TRACKING_USERNAME: 'ada', MLFLOW_TRACKING_PASSWORD: 'canary' },
    `Basic ${Buffer.from('ada:canary').toString('base64')}`,
  ],
  [{ MLFLOW_TRACKING_USERNAME: 'ada' }, undefined],
])('who we are is said as MLflow has it: %o', async (env, expected) => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(403, { 'content-type': 'application/json' })
    response.end('{"error_code":"PERMISSION_DENIED","message":"no"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const signals = { cancelled: new AbortController().signal }
  const runtime = nodeRuntime({ emit: () => {} }, signals, '/', { ...env, MLFLOW_TRACKING_URI: url })
  const registry = openSystemRegistry({ runtime, system }, async () => targets as unknown as Targets)
  const error = await registry.list('sentiment').catch((caught: unknown) => caught as Error)
  expect(seen).toEqual([expected])
  expect(error).toMatchObject({ outcome: 'cannot-observe', whose: 'user' })
  expect(`${(error as Error).message}${(error as Error).stack}`).not.toContain('canary')
  await new Promise((resolve) => server.close(resolve))
})
