/** A worker that reads and names the files it is given, one message after the other (see readers.ts). */
import { parentPort, workerData } from 'node:worker_threads'
import { SluiceError } from '../../domain/error.ts'
import { newBuffer, readContentId } from './contents.ts'
import type { ReaderAnswer, ReaderData } from './readers.ts'
import type { FileEntry } from './walk.ts'

/** So many bytes are told at once. */
const NEWS = 8 * 1024 * 1024

const { root } = workerData as ReaderData
const buffer = newBuffer()
const say = (answer: ReaderAnswer): void => parentPort?.postMessage(answer)

parentPort?.on('message', (files: readonly FileEntry[]) => {
  let news = 0
  const tell = (): void => {
    say({ kind: 'read', bytes: news })
    news = 0
  }
  try {
    const ids = files.map(
      (file) =>
        [
          file.path,
          readContentId(root, file, buffer, (bytes) => {
            news += bytes
            if (news >= NEWS) tell()
          }),
        ] as const,
    )
    tell()
    say({ kind: 'named', ids })
  } catch (error) {
    // A class does not survive the way between threads.
    if (error instanceof SluiceError) {
      const { outcome, whose, problems } = error
      say({ kind: 'refused', outcome: outcome === 'done' ? 'bug' : outcome, whose, problems })
    } else say({ kind: 'broken', error })
  }
})
