import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeFiles } from '../../src/runtime/node/files.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-stream-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const MEBIBYTE = 2 ** 20
const stream = (path: string): AsyncIterable<Uint8Array> => {
  if (nodeFiles.stream === undefined) throw new Error('no stream')
  return nodeFiles.stream(path)
}

test.each([0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 3 * MEBIBYTE + 17])(
  'a file of %i bytes comes in order and whole, used piece by piece',
  async (size) => {
    const path = join(folder, `${size}`)
    const content = Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >>> 16)) & 255))
    await writeFile(path, content)
    const copies: Uint8Array[] = []
    for await (const chunk of stream(path)) copies.push(new Uint8Array(chunk))
    expect(Buffer.concat(copies).equals(content)).toBe(true)
  },
)

test('who stops in the middle leaves no file open', async () => {
  const path = join(folder, 'long')
  await writeFile(path, Buffer.alloc(5 * MEBIBYTE))
  const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length
  const before = await open()
  for await (const chunk of stream(path)) if (chunk.length > 0) break
  expect(await open()).toBe(before)
})

test('a file that is not there is an error that names it', async () => {
  const all = async (): Promise<void> => {
    for await (const _ of stream(join(folder, 'nowhere'))) expect.unreachable()
  }
  await expect(all()).rejects.toMatchObject({ code: 'ENOENT', path: join(folder, 'nowhere') })
})
