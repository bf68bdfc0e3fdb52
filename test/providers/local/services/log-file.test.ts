import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eachLine, LogWriter, readLog } from '../../../../src/providers/local/services/log-file.ts'
import type { LogLine, LogQuery } from '../../../../src/providers/ports/operations.ts'
import { fakeRuntime } from '../../../../src/runtime/fake/index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-log-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const line = (at: number, text: string): LogLine => ({ at, stream: 'stdout', revision: 'r', text })
const { clock } = fakeRuntime()
async function read(query: Partial<LogQuery>): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of readLog(folder, { follow: false, tail: 10, ...query }, clock)) texts.push(text)
  return texts
}

test('the last lines, those since a moment, those that hold a text', async () => {
  const writer = new LogWriter(folder)
  for (let i = 0; i < 30; i++) writer.append(line(i, `line ${i}\u2028ünï`))
  await writer.flush()
  expect(await read({ tail: 2 })).toEqual(['line 28\u2028ünï', 'line 29\u2028ünï'])
  expect(await read({ since: 29 })).toEqual(['line 29\u2028ünï'])
  expect(await read({ filter: 'line 3\u2028' })).toEqual(['line 3\u2028ünï'])
  expect(await read({ tail: 0 })).toEqual([])
})

test('files are bounded in size and number; following passes from one to the next', async () => {
  const writer = new LogWriter(folder)
  const stop = new AbortController()
  let followed = 0
  const following = (async () => {
    for await (const _line of readLog(folder, { follow: true, tail: 0, signal: stop.signal }, clock))
      followed += 1
  })()
  const text = 'x'.repeat(10_000)
  for (let i = 0; i < 4000; i++) {
    writer.append(line(i, text))
    if (i % 100 === 0) await writer.flush()
  }
  await writer.flush()
  const names = await readdir(folder)
  expect(names.length).toBeLessThanOrEqual(6)
  for (const name of names) expect((await stat(join(folder, name))).size).toBeLessThan(8 * 1024 * 1024)
  const last = 'the end'
  writer.append(line(5000, last))
  await writer.flush()
  expect(await read({ tail: 1 })).toEqual([last])
  stop.abort(new Error('enough'))
  await following
  expect(followed).toBeGreaterThan(0)
})

test('a line that was torn by a kill is passed over, and the log goes on', async () => {
  const writer = new LogWriter(folder)
  writer.append(line(1, 'before'))
  await writer.flush()
  const [name = ''] = await readdir(folder)
  await appendFile(join(folder, name), '[2,"stdout","r","torn\n')
  writer.append(line(3, 'after'))
  await writer.flush()
  expect(await read({})).toEqual(['before', 'after'])
})

test('bytes become lines wherever they are cut, and a line without end is cut into pieces', async () => {
  const lines: string[] = []
  const bytes = Buffer.from('héllo\r\nwörld\nlast')
  await eachLine(
    Readable.from(
      [...bytes].map((byte) => Buffer.from([byte])),
      { objectMode: false },
    ),
    (text) => lines.push(text),
  )
  expect(lines).toEqual(['héllo', 'wörld', 'last'])
  const pieces: string[] = []
  await eachLine(Readable.from([Buffer.from('y'.repeat(40_000))], { objectMode: false }), (text) =>
    pieces.push(text),
  )
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(16 * 1024)
  expect(pieces.join('')).toBe('y'.repeat(40_000))
})
