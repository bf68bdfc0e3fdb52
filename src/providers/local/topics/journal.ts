import { type FileHandle, open, readFile } from 'node:fs/promises'
import * as z from 'zod'
import { replaceFile } from '../json-file.ts'
import type { Message, Queue } from './queue.ts'

const messageSchema = z.object({
  id: z.string(),
  data: z.string(),
  attributes: z.record(z.string(), z.string()),
  publishedAt: z.number(),
})
const lineSchema = z.union([
  z.object({ put: z.array(messageSchema) }),
  z.object({ gone: z.array(z.string()) }),
  z.object({ tried: z.record(z.string(), z.number()) }),
])
export type Change = z.infer<typeof lineSchema>

/** What a queue went through, one change a line, on the disk before anybody is told. */
export class Journal {
  readonly #handle: FileHandle
  #writing: Promise<void> = Promise.resolve()

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** The queue as it was, its leases given back; the file is made anew with what is still there. */
  static async open(
    path: string,
    now: number,
  ): Promise<{ readonly journal: Journal; readonly queue: Queue }> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    const queue = replay(text.split('\n'), now)
    const entries = [...queue.values()]
    const lines: Change[] =
      entries.length === 0
        ? []
        : [
            { put: entries.map(({ message }) => message) },
            { tried: Object.fromEntries(entries.map(({ message, attempts }) => [message.id, attempts])) },
          ]
    await replaceFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 0o600)
    return { journal: new Journal(await open(path, 'a', 0o600)), queue }
  }

  write(change: Change): Promise<void> {
    const written = this.#writing.then(async () => {
      await this.#handle.appendFile(`${JSON.stringify(change)}\n`)
      await this.#handle.datasync()
    })
    this.#writing = written.catch(() => {}) // whoever wrote is told
    return written
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#handle.close()
  }
}

/** A line that a kill cut off was never answered, so it counts for nothing. */
export function replay(lines: readonly string[], now: number): Queue {
  const messages = new Map<string, Message>()
  const attempts = new Map<string, number>()
  for (const line of lines) {
    const change = parsed(line)
    if (change === undefined) continue
    if ('put' in change) for (const message of change.put) messages.set(message.id, message)
    else if ('gone' in change) for (const id of change.gone) messages.delete(id)
    else for (const [id, tries] of Object.entries(change.tried)) attempts.set(id, tries)
  }
  return new Map(
    [...messages].map(([id, message]) => [id, { message, attempts: attempts.get(id) ?? 0, readyAt: now }]),
  )
}

function parsed(line: string): Change | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
