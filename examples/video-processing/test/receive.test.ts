import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { announcedBytes, receive, TooLarge } from '../apps/web/receive.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'receive-'))
})
afterAll(() => rm(folder, { recursive: true }))

const body = (...chunks: readonly string[]): Readable =>
  Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

test('a body of just the allowed size is written whole', async () => {
  const path = join(folder, 'whole')
  expect(await receive(body('abc', 'de'), path, 5)).toBe(5)
  expect(await readFile(path, 'utf8')).toBe('abcde')
})

test('a body that never said how long it is ends with the first byte too many', async () => {
  let given = 0
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      given += 1000
      yield Buffer.alloc(1000)
    }
  }
  const path = join(folder, 'endless')
  await expect(receive(Readable.from(endless()), path, 5000)).rejects.toThrow(TooLarge)
  expect((await stat(path)).size).toBeLessThanOrEqual(5000)
  expect(given).toBeLessThan(100_000)
})

test('Content-Length is believed only where it is a number', () => {
  expect(announcedBytes('5368709120')).toBe(5 * 1024 ** 3)
  expect(announcedBytes(undefined)).toBeUndefined()
  expect(announcedBytes('many')).toBeUndefined()
  expect(announcedBytes('1e999')).toBeUndefined()
})
