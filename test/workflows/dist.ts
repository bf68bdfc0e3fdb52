import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from '../../scripts/bundle.ts'
import { SluiceError } from '../../src/domain/error.ts'
import { withLock } from '../../src/providers/local/file-lock.ts'
import { distFolder } from './dist-folder.ts'

const folder = distFolder()
const dist = join(folder, 'dist')

/** Folder with the bundles of this very source. Whichever suite of a test run needs them first makes them for all. */
export async function builtDist(): Promise<string> {
  while (!existsSync(dist)) {
    try {
      mkdirSync(folder, { recursive: true })
      await withLock(join(folder, 'lock'), make)
    } catch (error) {
      // Another suite is at it, for longer than a lock is waited for.
      if (!(error instanceof SluiceError && error.outcome === 'locked')) throw error
    }
  }
  return dist
}

async function make(): Promise<void> {
  if (existsSync(dist)) return
  const unfinished = join(folder, 'unfinished')
  await bundle(join(import.meta.dirname, '../..'), unfinished)
  // Whole or not at all.
  renameSync(unfinished, dist)
}
