import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandLine, commandLine, type Ended } from './sluice.ts'

/** The main job on one machine: real processes, PostgreSQL, S3, registry and gate; only the film source is made up. */
let sluice: CommandLine
let released: Ended
let urls: Map<string, string>

beforeAll(async () => {
  sluice = await commandLine('filmlens')
  released = await sluice.run('release')
  const up = await sluice.run('up', '--detach')
  const services = (up.json['services'] ?? []) as { service: string; url: string }[]
  urls = new Map(services.map(({ service, url }) => [service, url]))
}, 180_000)
afterAll(() => sluice.close(), 60_000)

const get = async (service: string, path: string): Promise<Response> => fetch(`${urls.get(service)}${path}`)
const health = async (): Promise<{ models: { sensitive: string } }> =>
  (await (await get('api', '/health')).json()) as { models: { sensitive: string } }

test('a release from nothing builds, trains, is promoted on its floors, and serves', async () => {
  expect(released.code, released.stderr).toBe(0)
  expect(released.json).toMatchObject({
    outcome: 'done',
    outputs: { verdict: 'promote', 'model-version': 'sensitive@1' },
  })
  expect((await health()).models.sensitive).toMatch(/^1@sha256:[0-9a-f]{64}$/)
})

test('the api has interactive documentation and predicts; bad input is a clear 400', async () => {
  expect(await (await get('api', '/docs/')).text()).toContain('swagger')
  const predict = (body: unknown) =>
    fetch(`${urls.get('api')}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const film = { title: 'Night Bakery', plot: 'In a harbour town, a young nurse sells heroin to children.' }
  expect(await (await predict(film)).json()).toMatchObject({ sensitive: true, because: expect.any(Array) })
  const bad = await predict({ title: 'x' })
  expect(bad.status).toBe(400)
  expect(await bad.text()).toContain("must have required property 'plot'")
})

test('query-api reads the films from PostgreSQL, mlflow shows the registered version', async () => {
  expect(await (await get('query-api', '/health')).json()).toEqual({ status: 'ok', films: 4000 })
  const { films } = (await (await get('query-api', '/films?language=es&limit=3')).json()) as {
    films: { language: string }[]
  }
  expect(films.map(({ language }) => language)).toEqual(['es', 'es', 'es'])
  expect(await (await get('mlflow', '/')).text()).toMatch(/sensitive[\s\S]*champion/)
})

test('the same release again changes nothing', async () => {
  const { code, json, stderr } = await sluice.run('release')
  expect(code, stderr).toBe(0)
  expect(json['outputs']).toMatchObject({ previous: '', 'model-version': 'sensitive@1' })
  expect((await health()).models.sensitive).toMatch(/^1@/)
})

test('a worse model is rejected by the gate, a rollout refuses it, and the served model stays', async () => {
  const before = await health()
  const trained = await sluice.run('train', '--param', 'share=0.02')
  expect(trained.code, trained.stderr).toBe(0)
  expect(trained.json['outputs']).toMatchObject({ 'model-version': 'sensitive@2' })
  expect(trained.json['steps']).toMatchObject([
    { step: 'extract', state: 'skipped' },
    { step: 'split', state: 'skipped' },
    { step: 'train', state: 'ran', reason: 'parameter share changed from 1 to 0.02' },
    { step: 'score', state: 'ran' },
  ])
  const judged = await sluice.run('evaluate')
  expect(judged.code, judged.stderr).toBe(3)
  expect(judged.json['verdict']).toBe('reject')
  expect((await sluice.run('rollout')).code).toBe(3)
  expect(await health()).toEqual(before)
})

test('status shows every service running on the released image', async () => {
  const { code, stdout, json } = await sluice.run('operate', 'status')
  expect(code, stdout).toBe(0)
  for (const service of ['api', 'query-api', 'mlflow']) expect(JSON.stringify(json)).toContain(`"${service}"`)
})
