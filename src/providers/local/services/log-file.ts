import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../runtime/runtime.ts'
import type { LogLine, LogQuery } from '../../ports/operations.ts'

const FILE_LIMIT = 4 * 1024 * 1024
const FILES_KEPT = 5
/** A longer line is cut into pieces. */
const LINE_LIMIT = 16 * 1024
/** Lines that wait for the disk; beyond it lines are dropped and counted, the service is never held up. */
const WAITING_LIMIT = 10_000
const POLL = 150

const fileName = (number: number): string => `${String(number).padStart(8, '0')}.log`

async function fileNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => /^\d{8}\.log$/.test(name))
    .map((name) => Number(name.slice(0, 8)))
    .sort((a, b) => a - b)
}

/** What the processes of one service wrote, in numbered files of bounded size: one JSON line a line. */
export class LogWriter {
  readonly #folder: string
  #waiting: LogLine[] = []
  #dropped = 0
  #number: number | undefined
  #size = 0
  #writing: Promise<void> | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  append(line: LogLine): void {
    if (this.#waiting.length >= WAITING_LIMIT) this.#dropped += 1
    else this.#waiting.push(line)
    this.#writing ??= this.#write()
  }

  /** Resolves when everything so far is in the file, or could not be. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  async #write(): Promise<void> {
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      // A full disk costs log lines, never the service.
      await this.#append(lines).catch(() => {
        this.#dropped += lines.length
      })
    }
    this.#writing = undefined
  }

  async #append(lines: readonly LogLine[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    if (this.#number === undefined) {
      this.#number = (await fileNumbers(this.#folder)).at(-1) ?? 1
      this.#size = (await stat(join(this.#folder, fileName(this.#number))).catch(() => undefined))?.size ?? 0
    }
    if (this.#size > FILE_LIMIT) {
      this.#number += 1
      this.#size = 0
      const old = (await fileNumbers(this.#folder)).filter((n) => n <= (this.#number ?? 0) - FILES_KEPT)
      for (const number of old) await rm(join(this.#folder, fileName(number)), { force: true })
    }
    const note = this.#dropped === 0 ? [] : [droppedLine(this.#dropped, lines[0])]
    const text = [...note, ...lines].map(encode).join('')
    await appendFile(join(this.#folder, fileName(this.#number)), text)
    this.#size += Buffer.byteLength(text)
    this.#dropped = 0
  }
}

function droppedLine(count: number, next: LogLine | undefined): LogLine {
  return {
    at: next?.at ?? 0,
    stream: 'stderr',
    revision: next?.revision ?? '',
    text: `sluice: ${count} lines could not be written`,
  }
}

function encode(line: LogLine): string {
  return `${JSON.stringify([line.at, line.stream, line.revision, line.text])}\n`
}

function decode(text: string): LogLine | undefined {
  try {
    const [at, stream, revision, content] = JSON.parse(text) as [number, 'stdout' | 'stderr', string, string]
    return { at, stream, revision, text: content }
  } catch {
    return undefined // the last line of a writer that was killed
  }
}

/** Cuts a stream of bytes into lines; the last one needs no newline. Settles when the stream has ended. */
export async function eachLine(
  stream: AsyncIterable<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  try {
    for await (const chunk of stream) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) take(part.replace(/\r$/, '').slice(0, LINE_LIMIT))
      while (rest.length > LINE_LIMIT) {
        take(rest.slice(0, LINE_LIMIT))
        rest = rest.slice(LINE_LIMIT)
      }
    }
  } catch {
    // The pipe was ended with the process; what came before counts.
  }
  if (rest !== '') take(rest)
}

/** Reads back what a LogWriter wrote, from another process too; with `follow` it waits for more until the signal. */
export async function* readLog(folder: string, query: LogQuery, clock: Clock): AsyncGenerator<LogLine> {
  const wanted = (line: LogLine): boolean =>
    (query.since === undefined || line.at >= query.since) &&
    (query.filter === undefined || line.text.includes(query.filter))
  const reader = new LogReader(folder)
  const past = (await reader.more()).filter(wanted)
  yield* query.since === undefined ? past.slice(Math.max(0, past.length - query.tail)) : past
  while (query.follow && !query.signal?.aborted) {
    for (const line of await reader.more()) if (wanted(line)) yield line
    await clock.sleep(POLL, query.signal).catch(() => {})
  }
}

class LogReader {
  readonly #folder: string
  #number = 0
  #offset = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The lines since the last call. */
  async more(): Promise<readonly LogLine[]> {
    const lines: LogLine[] = []
    for (const number of await fileNumbers(this.#folder)) {
      if (number < this.#number) continue
      if (number > this.#number) {
        this.#number = number
        this.#offset = 0
      }
      for (const text of (await this.#tail()).split('\n')) {
        const line = decode(text)
        if (line !== undefined) lines.push(line)
      }
    }
    return lines
  }

  async #tail(): Promise<string> {
    const handle = await open(join(this.#folder, fileName(this.#number))).catch(() => undefined)
    if (handle === undefined) return ''
    try {
      const { size } = await handle.stat()
      const bytes = Buffer.alloc(Math.max(0, size - this.#offset))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.#offset)
      // Only whole lines are taken, so that no character is torn in the middle.
      const end = bytes.subarray(0, bytesRead).lastIndexOf(10) + 1
      this.#offset += end
      return bytes.toString('utf8', 0, end)
    } finally {
      await handle.close()
    }
  }
}
