import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { openMlflow } from '../../../src/mlflow/registry.ts'
import { openModels } from '../../../src/providers/local/models/index.ts'
import { type MlflowServer, startMlflow } from '../../../src/providers/local/models/rest/server.ts'
import type { ModelRegistry } from '../../../src/providers/ports/models.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { modelRegistryContract } from '../model-registry.ts'
import { readRunFile } from './read-file.ts'

const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const token = new Secret('a-token-of-this-test')
let folder = ''
let server: MlflowServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlflow-local-'))
  server = await startMlflow({ folder, clock: runtime.clock, log: runtime.log, port: 0, token })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const overRest = (): ModelRegistry => openMlflow({ url: server.url, token }, runtime)

modelRegistryContract('the local registry over MLflow REST', overRest, (uri) =>
  readRunFile(uri, server.url, token),
)

test('both doors of the local registry show the same versions', async () => {
  const local = openModels({ folder, runtime })
  const artifact = { name: 'both', digest: digestOf('x'), source: 's3://models/x', tags: { run: '1' } }
  const first = await local.register(artifact)
  expect(await overRest().get('both', { version: '1' })).toEqual(first)
  const second = await overRest().register({ ...artifact, digest: digestOf('y') })
  expect(await local.get('both', { version: '2' })).toEqual(second)
  await local.setAlias('both', 'champion', '2', null)
  expect(await overRest().get('both', { alias: 'champion' })).toEqual(second)
})

test('a file that one door kept is read through the other', async () => {
  const local = openModels({ folder, runtime })
  await local.register({ name: 'filed', digest: digestOf('x'), source: 's3://models/x', tags: {} })
  await local.annotate('filed', '1', { tags: {}, files: { 'verdict.json': '{"verdict":"promote"}' } })
  const path = (await overRest().get('filed', { version: '1' }))?.tags['sluice.file.verdict.json']
  const answer = await fetch(
    `${server.url}/api/2.0/mlflow-artifacts/artifacts/${path?.replace('mlflow-artifacts:/', '')}`,
    { headers: { authorization: `Bearer ${token.reveal()}` } },
  )
  expect(await answer.json()).toEqual({ verdict: 'promote' })
})
