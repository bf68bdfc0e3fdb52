import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import { Secret } from '../../../../src/domain/secret.ts'
import { openModels } from '../../../../src/providers/local/models/index.ts'
import { meets, parseFilter } from '../../../../src/providers/local/models/rest/filter.ts'
import { type MlflowServer, startMlflow } from '../../../../src/providers/local/models/rest/server.ts'

const clock = { now: () => Date.now(), sleep: async () => {} }
const token = 'a-token-of-this-test'
let folder = ''
let server: MlflowServer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'))
  server = await startMlflow({ folder, clock, log: { emit: () => {} }, port: 0, token: new Secret(token) })
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

test('nobody gets in without the token, or under another host name', async () => {
  const path = '/api/2.0/mlflow/registered-models/search'
  expect((await fetch(`${server.url}${path}`)).status).toBe(401)
  expect((await call('GET', path)).status).toBe(200)
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'evil.example', authorization: `Bearer ${token}` }
    request(`${server.url}${path}`, { headers }, (answer) => resolve(answer.statusCode))
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})

test('what was logged is there after a restart', async () => {
  const created = (await (
    await call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' })
  ).json()) as {
    run: { info: { run_id: string } }
  }
  const { run_id } = created.run.info
  await call('POST', '/api/2.0/mlflow/runs/log-metric', { run_id, key: 'f1', value: 0.5, timestamp: 1 })
  await server.close()
  server = await startMlflow({ folder, clock, log: { emit: () => {} }, port: 0, token: new Secret(token) })
  const got = await (await call('GET', `/api/2.0/mlflow/runs/get?run_id=${run_id}`)).json()
  expect(got).toMatchObject({ run: { data: { metrics: [{ key: 'f1', value: 0.5 }] } } })
})

test('an artifact goes in and comes out, and no path leaves the folder', async () => {
  const at = (path: string): string => `/api/2.0/mlflow-artifacts/artifacts/${path}`
  expect((await call('PUT', at('0/run/artifacts/a%20b'), 'bytes')).status).toBe(200)
  expect(await (await call('GET', at('0/run/artifacts/a%20b'))).text()).toBe('bytes')
  for (const path of ['..%2f..%2fetc%2fpasswd', '%2e%2e/x', 'a%00b/..%2fc']) {
    expect((await call('PUT', at(path), 'x')).status).toBeGreaterThanOrEqual(400)
  }
})

test('bad requests are answered in the words of MLflow', async () => {
  const code = async (method: string, path: string, body?: string): Promise<unknown> =>
    ((await (await call(method, `/api/2.0/mlflow/${path}`, body)).json()) as { error_code: unknown })
      .error_code
  expect(await code('POST', 'registered-models/create', '{')).toBe('BAD_REQUEST')
  expect(await code('POST', 'registered-models/create', '{}')).toBe('INVALID_PARAMETER_VALUE')
  expect(await code('GET', 'nothing/there')).toBe('ENDPOINT_NOT_FOUND')
  expect(await code('GET', 'runs/get?run_id=../../x')).toBe('RESOURCE_DOES_NOT_EXIST')
  expect(await code('POST', 'model-versions/create', '{"name":"x","source":"s3://a/../b"}')).toBe(
    'INVALID_PARAMETER_VALUE',
  )
})

test('a damaged file is an error that names the file', async () => {
  const models = openModels({ folder, runtime: { clock } })
  await models.register({ name: 'sentiment', digest: digestOf('x'), source: 's3://a/b', tags: {} })
  const file = join(folder, 'registry', 'osentiment.json')
  for (const content of ['', '{', '{"schema":"sluice.model/v1"}', '[]']) {
    await writeFile(file, content)
    await expect(models.list('sentiment')).rejects.toThrow(`${file} is damaged`)
    await expect(models.setAlias('sentiment', 'champion', '1', null)).rejects.toThrow(`${file} is damaged`)
  }
})

test('filters are read as MLflow reads them, and refused where they are something else', () => {
  expect(parseFilter(`metrics.f1 >= 0.9 AND tags."my tag" = 'a''`.slice(0, -1))).toEqual([
    { kind: 'metric', key: 'f1', operator: '>=', value: 0.9 },
    { kind: 'tag', key: 'my tag', operator: '=', value: 'a' },
  ])
  for (const text of ['metrics.f1', 'a = b', "x = 'a' OR y = 'b'", "x = 'a' AND", "planet.x = '1'"]) {
    expect(() => parseFilter(text)).toThrow()
  }
  const like = (value: string): boolean =>
    meets('film lens', { kind: 'attribute', key: 'name', operator: 'LIKE', value })
  expect(['film%', '%lens', '%m l%', 'film lens', '%'].map(like)).toEqual([true, true, true, true, true])
  expect(['lens%', 'film', '%x%', 'film lens%s'].map(like)).toEqual([false, false, false, false])
})

function call(method: string, path: string, body?: object | string): Promise<Response> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  return fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(text !== undefined && { body: text }),
  })
}
