import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import { openModels } from '../../src/providers/local/models/index.ts'
import { getArtifact } from '../../src/providers/local/models/rest/artifacts.ts'
import type { ModelRegistry } from '../../src/providers/ports/models.ts'
import { modelRegistryContract } from './model-registry.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const clock = { now: () => Date.now(), sleep: async () => {} }
const open = (): ModelRegistry => openModels({ folder, runtime: { clock } })
const artifact = (name: string, bytes: string) => ({
  name,
  digest: digestOf(bytes),
  source: `s3://models/${bytes}`,
  tags: {},
})

const read = async (uri: string): Promise<string> =>
  text((await getArtifact(join(folder, 'artifacts'), uri.replace('mlflow-artifacts:/', ''))).body)

modelRegistryContract('the local registry', open, read)

test('numbers versions without gaps when many register at once', async () => {
  const made = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((x) => open().register(artifact('many', x))))
  expect(made.map(({ version }) => version).sort()).toEqual(['1', '2', '3', '4', '5'])
})

test('R43 of many movers at once exactly one wins', async () => {
  for (let i = 0; i < 8; i++) await open().register(artifact('race', `${i}`))
  const moves = await Promise.all(
    Array.from({ length: 8 }, (_, i) => open().setAlias('race', 'champion', `${i + 1}`, null)),
  )
  expect(moves.filter((move) => move === 'moved')).toHaveLength(1)
})

test('takes every name that MLflow takes, and no other', async () => {
  const names = [`..\\ "Ü'%2e`, 'a.json', 'A', 'x'.repeat(256), '日本 語', '-rf']
  for (const name of names) await open().register(artifact(name, name))
  for (const name of names) expect(await open().list(name)).toMatchObject([{ name, digest: digestOf(name) }])
  for (const name of ['', '  ', '..', 'a/b', 'a:b', 'y'.repeat(257)]) {
    await expect(open().register(artifact(name, name))).rejects.toMatchObject({ outcome: 'usage' })
  }
})
