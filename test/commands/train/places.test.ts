import { expect, test } from 'vitest'
import { openPlaces } from '../../../src/commands/train/places.ts'
import { MemoryFiles } from '../../../src/runtime/fake/files.ts'
import { MemoryObjects } from '../../world/objects.ts'

const places = (objects: MemoryObjects, files: Record<string, string> = {}) =>
  openPlaces(new MemoryFiles(files), objects, { data: 's3://shop-data/' }, '/project')
const inBucket = (path: string) => ({ kind: 'bucket', bucket: 'data', path }) as const

test('an object changes with its content, a prefix with anything below it', async () => {
  const objects = new MemoryObjects()
  const look = places(objects).look
  expect([await look(inBucket('a')), await look(inBucket('p/'))]).toEqual([undefined, undefined])
  await objects.write('s3://shop-data/a', Buffer.from('1'))
  await objects.write('s3://shop-data/p/x', Buffer.from('1'))
  const before = [await look(inBucket('a')), await look(inBucket('p/'))]
  await objects.write('s3://shop-data/a-longer-name', Buffer.from('2'))
  expect([await look(inBucket('a')), await look(inBucket('p/'))]).toEqual(before)
  await objects.write('s3://shop-data/p/y', Buffer.from('2'))
  expect(await look(inBucket('p/'))).not.toBe(before[1])
})

test('a file of the repository changes with its bytes, a folder with names and bytes below it', async () => {
  const look = (files: Record<string, string>, path: string) =>
    places(new MemoryObjects(), files).look({ kind: 'file', path })
  const files = { '/project/sql/a.sql': '1', '/project/sql/deep/b.sql': '2' }
  const before = await look(files, 'sql')
  expect(await look({ ...files, '/project/other': 'x' }, 'sql')).toBe(before)
  expect(await look({ ...files, '/project/sql/deep/b.sql': '3' }, 'sql')).not.toBe(before)
  expect(await look({ '/project/sql/a.sql': '1', '/project/sql/deep/c.sql': '2' }, 'sql')).not.toBe(before)
  expect(await look(files, 'missing')).toBeUndefined()
})

test('a bucket without an address is named, with what to do', () => {
  expect(() => places(new MemoryObjects()).uriOf({ kind: 'bucket', bucket: 'model', path: 'x' })).toThrow(
    'bucket model has no address',
  )
})
