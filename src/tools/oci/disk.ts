import { open } from 'node:fs/promises'
import { externalError, SluiceError } from '../../domain/error.ts'

/** A file that is being written; a port, so that a test can hand in a disk that is full. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>
  /** Flushed to the device, and closed. */
  close(): Promise<void>
  /** Closed as it is, after a failure. */
  abandon(): Promise<void>
}

export interface Disk {
  create(path: string): Promise<NewFile>
}

export const realDisk: Disk = {
  create: async (path) => {
    const handle = await open(path, 'wx', 0o644)
    return {
      write: async (bytes) => {
        let at = 0
        while (at < bytes.length) {
          const { bytesWritten } = await handle.write(bytes, at)
          at += bytesWritten
        }
      },
      close: async () => {
        try {
          await handle.sync()
        } finally {
          await handle.close()
        }
      },
      abandon: () => handle.close(),
    }
  },
}

/** Says which disk is full, and leaves every other error as it is. */
export function diskProblem(error: unknown, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (error instanceof SluiceError || (code !== 'ENOSPC' && code !== 'EDQUOT')) return error
  return externalError(
    'user',
    {
      what: `no space left for ${folder}`,
      rule: 'an image is published whole or not at all',
      remedy: 'free some disk space (`sluice operate clean` removes old images), then run it again',
    },
    error,
  )
}
