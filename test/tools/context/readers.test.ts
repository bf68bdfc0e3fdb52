import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newBuffer, readContentId } from '../../../src/tools/context/contents.ts'
import { openContext } from '../../../src/tools/context/context.ts'
import { readWithWorkers } from '../../../src/tools/context/readers.ts'
import type { FileEntry } from '../../../src/tools/context/walk.ts'
import { builtImage, folder } from './tree.ts'

const MEBIBYTE = 1024 * 1024

/** More files than one message holds, an empty one, and one larger than a reader's buffer and its next news. */
async function open() {
  const small = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`d${n % 7}/f${n}`, `${n}\n`]))
  const place = folder({ Dockerfile: 'FROM a\nCOPY . .', ...small, empty: '', 'ü\n.txt': 'x' })
  writeFileSync(join(place.path, 'large'), Buffer.alloc(10 * MEBIBYTE + 1, 7))
  const { root, entries } = await openContext({ image: builtImage(), root: place.path })
  const files = entries.filter((entry): entry is FileEntry => entry.kind === 'file')
  return { root, files, [Symbol.dispose]: () => place[Symbol.dispose]() }
}

test('R42 two workers give every file the name that reading it here gives', async () => {
  using place = await open()
  let bytes = 0
  const read = await readWithWorkers(place.root, place.files, (more) => {
    bytes += more
  })
  const buffer = newBuffer()
  const here = place.files.map((file) => [file.path, readContentId(place.root, file, buffer, () => {})])
  expect([...read].sort()).toEqual(here.sort())
  expect(read.get('empty')).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391')
  expect(bytes).toBe(place.files.reduce((sum, { size }) => sum + size, 0))
})

test('R46 a file that was swapped is told as by one reader, and ends both', async () => {
  using place = await open()
  renameSync(join(place.root, 'd3/f3'), join(place.root, 'd3/old'))
  writeFileSync(join(place.root, 'd3/f3'), '4\n')
  await expect(readWithWorkers(place.root, place.files, () => {})).rejects.toMatchObject({
    outcome: 'stale',
    message: 'd3/f3 changed while it was read (a build sees one state of its files)',
    remedy: expect.stringContaining('run it again'),
  })
})

test('a cancel ends the workers at once', async () => {
  using place = await open()
  const cancel = new AbortController()
  const reading = readWithWorkers(
    place.root,
    place.files,
    () => cancel.abort(new Error('enough')),
    cancel.signal,
  )
  await expect(reading).rejects.toThrow('enough')
  await expect(readWithWorkers(place.root, place.files, () => {}, cancel.signal)).rejects.toThrow('enough')
})
