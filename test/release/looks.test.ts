import { expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import { openLooks } from '../../src/release/looks.ts'
import { MemoryObjects } from '../world/objects.ts'

const evidence = (name: string): `sha256:${string}` => digestOf(name)

test('R40 looks are counted per model and data set, and the same evidence is the same look', async () => {
  const looks = openLooks(new MemoryObjects(), 's3://ledger')
  expect(await looks.peek('m', 'data', evidence('a'))).toBe(1)
  expect(await looks.look('m', 'data', evidence('a'))).toBe(1)
  expect(await looks.look('m', 'data', evidence('b'))).toBe(2)
  expect(await looks.look('m', 'data', evidence('a'))).toBe(1)
  expect(await looks.peek('m', 'data', evidence('c'))).toBe(3)
  expect(await looks.look('m', 'other data', evidence('a'))).toBe(1)
  expect(await looks.look('other', 'data', evidence('c'))).toBe(1)
})

test('R40 looks taken at the same moment are all counted', async () => {
  const objects = new MemoryObjects()
  const numbers = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      openLooks(objects, 's3://ledger/').look('m', 'data', evidence(`${i}`)),
    ),
  )
  expect(numbers.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('R40 a damaged count is not taken for none', async () => {
  const objects = new MemoryObjects()
  const looks = openLooks(objects, 's3://ledger')
  await looks.look('m', 'data', evidence('a'))
  const [uri = ''] = objects.uris('s3://ledger/looks/')
  await objects.write(uri, Buffer.from('{}'))
  await expect(looks.look('m', 'data', evidence('b'))).rejects.toMatchObject({ outcome: 'cannot-observe' })
})
