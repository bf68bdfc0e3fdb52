import { Worker } from 'node:worker_threads'
import { type Problem, SluiceError, type Whose } from '../../domain/error.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { ContentId } from './contents.ts'
import type { FileEntry } from './walk.ts'

export interface ReaderData {
  readonly root: string
}

export type ReaderAnswer =
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'named'; readonly ids: readonly (readonly [path: string, id: ContentId])[] }
  | {
      readonly kind: 'refused'
      readonly outcome: Exclude<Outcome, 'done'>
      readonly whose: Whose
      readonly problems: readonly [Problem, ...Problem[]]
    }
  | { readonly kind: 'broken'; readonly error: unknown }

const WORKERS = 2
/** One message holds no more than this; both workers end at about the same time. */
const BATCH_FILES = 256
const BATCH_BYTES = 16 * 1024 * 1024

/** As readContentIds. The first failure ends all workers. */
export async function readWithWorkers(
  root: string,
  files: readonly FileEntry[],
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Map<string, ContentId>> {
  const ids = new Map<string, ContentId>()
  const batches = batchesOf(files).values()
  const workers = Array.from(
    { length: WORKERS },
    () => new Worker(readerFile(), { workerData: { root } satisfies ReaderData }),
  )
  const stop = new AbortController()
  const ended = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  try {
    await Promise.all(
      workers.map(async (worker) => {
        for (const batch of batches) {
          for (const [path, id] of await named(worker, batch, onBytes, ended)) ids.set(path, id)
        }
      }),
    )
    return ids
  } finally {
    stop.abort()
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** The worker beside this module: as source, or as a file of its own beside a bundle. */
function readerFile(): URL {
  const source = import.meta.url.endsWith('.ts')
  return new URL(source ? './reader.ts' : './context-reader.js', import.meta.url)
}

function named(
  worker: Worker,
  batch: readonly FileEntry[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Extract<ReaderAnswer, { kind: 'named' }>['ids']> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => end(() => reject(signal.reason))
    const end = (settle: () => void): void => {
      worker.off('message', hear).off('error', broken).off('exit', gone)
      signal.removeEventListener('abort', cancel)
      settle()
    }
    const broken = (error: unknown): void => end(() => reject(error))
    const gone = (code: number): void => broken(new Error(`a reader of the build context ended with ${code}`))
    const hear = (answer: ReaderAnswer): void => {
      switch (answer.kind) {
        case 'read':
          onBytes(answer.bytes)
          break
        case 'named':
          end(() => resolve(answer.ids))
          break
        case 'refused':
          broken(new SluiceError(answer.outcome, answer.whose, answer.problems))
          break
        case 'broken':
          broken(answer.error)
          break
        default:
          answer satisfies never
      }
    }
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    worker.on('message', hear).once('error', broken).once('exit', gone)
    signal.addEventListener('abort', cancel, { once: true })
    worker.postMessage(batch)
  })
}

function batchesOf(files: readonly FileEntry[]): FileEntry[][] {
  const batches: FileEntry[][] = []
  let bytes = BATCH_BYTES
  for (const file of files) {
    const last = batches.at(-1)
    if (last === undefined || last.length >= BATCH_FILES || bytes >= BATCH_BYTES) {
      batches.push([file])
      bytes = file.size
    } else {
      last.push(file)
      bytes += file.size
    }
  }
  return batches
}
