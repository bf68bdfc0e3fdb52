import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from '../../../../src/providers/local/file-lock.ts'
import { openObjects } from '../../../../src/providers/local/objects/object-store.ts'
import type { ObjectStore } from '../../../../src/providers/ports/objects.ts'

const WRITER = join(import.meta.dirname, 'writer.ts')
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'race-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function open(): ObjectStore {
  return openObjects({
    folder,
    fileRoots: [],
    buckets: { data: { name: 'data', versioned: false, protect: false } },
    clock: { now: () => Date.now(), sleep: async () => {} },
  })
}

test('R30 between real processes no conditional write is lost and none is won twice', async () => {
  const count = 25
  const names = ['a', 'b', 'c', 'd']
  const runs = await Promise.all(
    names.map((name) => promisify(execFile)(process.execPath, [WRITER, folder, name, `${count}`])),
  )
  const results = runs.map((run) => JSON.parse(run.stdout) as { created: number })
  expect(results.reduce((sum, one) => sum + one.created, 0)).toBe(count)
  const counter = await open().read('s3://data/counter')
  expect(counter && (await text(counter.body))).toBe(`${count * names.length}`)
})

test('R28 a writer that is killed at any moment leaves whole objects and blocks nobody', async () => {
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [WRITER, folder, `k${round}`, '1000000'], { stdio: 'ignore' })
    const store = open()
    while ((await store.read(`s3://data/once/${round * 7}`)) === undefined) await new Promise(setImmediate)
    child.kill('SIGKILL')
    await once(child, 'exit')
    for await (const info of store.list('s3://data/')) {
      const read = await store.read(info.uri)
      expect(read && (await text(read.body)).length).toBe(info.size)
    }
    const before = await store.read('s3://data/counter')
    const only = before === undefined ? ({ absent: true } as const) : { etag: before.info.etag }
    expect(await store.write('s3://data/counter', Buffer.from('1'), only)).not.toBe('conflict')
  }
})

test('the lock of a dead process is taken over by exactly one of many', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  await once(child, 'exit')
  const lock = join(folder, 'lock')
  await writeFile(lock, JSON.stringify({ pid: child.pid, started: 'before', nonce: 'dead' }))
  let inside = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 20 }, () =>
      withLock(lock, async () => {
        most = Math.max(most, ++inside)
        await new Promise(setImmediate)
        inside--
      }),
    ),
  )
  expect(most).toBe(1)
  expect(await readdir(folder)).toEqual([])
})
