import { expect, test } from 'vitest'
import { keepArtifact, readArtifact } from '../../../src/commands/train/artifact.ts'
import { digestOf, digestOfValue, hexOf } from '../../../src/domain/digest.ts'
import { MemoryObjects } from '../../world/objects.ts'

async function stored(files: Record<string, string>): Promise<MemoryObjects> {
  const objects = new MemoryObjects()
  for (const [uri, text] of Object.entries(files)) await objects.write(uri, Buffer.from(text))
  return objects
}

const folder = { 's3://m/rank/b/weights': 'w', 's3://m/rank/a.json': '{}', 's3://m/rank-other/x': 'no' }

test('R42 the digest of one object is that of its bytes, of a folder that of its sorted list', async () => {
  const objects = await stored(folder)
  expect((await readArtifact(objects, 's3://m/rank/a.json')).digest).toBe(digestOf('{}'))
  const artifact = await readArtifact(objects, 's3://m/rank/')
  const list = [
    { path: 'a.json', digest: digestOf('{}'), size: 2 },
    { path: 'b/weights', digest: digestOf('w'), size: 1 },
  ]
  expect(artifact).toMatchObject({ digest: digestOfValue(list), size: 3 })
})

test('R42 a kept model is written once, under its digest', async () => {
  const objects = await stored(folder)
  const artifact = await readArtifact(objects, 's3://m/rank/')
  const place = `s3://m/sluice/models/rank/${hexOf(artifact.digest)}/`
  expect(await keepArtifact(objects, 's3://m', 'rank', artifact)).toBe(place)
  const before = objects.contents.get(`${place}a.json`)
  expect(await keepArtifact(objects, 's3://m/', 'rank', artifact)).toBe(place)
  expect(objects.contents.get(`${place}a.json`)).toBe(before)
  expect(objects.uris(place)).toEqual([`${place}a.json`, `${place}b/weights`])
  expect((await readArtifact(objects, place)).digest).toBe(artifact.digest)
})

test('R42 a model that changes between digest and copy is refused', async () => {
  const objects = await stored(folder)
  const artifact = await readArtifact(objects, 's3://m/rank/a.json')
  await objects.write('s3://m/rank/a.json', Buffer.from('{ }'))
  await expect(keepArtifact(objects, 's3://m', 'rank', artifact)).rejects.toThrow(
    'changed while it was copied',
  )
})

test('a place without an object is no model', async () => {
  await expect(readArtifact(new MemoryObjects(), 's3://m/rank/')).rejects.toThrow(
    'there is no model at s3://m/rank/',
  )
})
