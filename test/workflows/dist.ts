import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../scripts/bundle.ts'

export interface Built extends Disposable {
  /** Folder with the bundles of this very source. */
  readonly dist: string
}

export async function buildDist(): Promise<Built> {
  const root = join(import.meta.dirname, '../..')
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-workflows-'))
  const dist = join(scratch, 'dist')
  await bundle(root, dist)
  return { dist, [Symbol.dispose]: () => rmSync(scratch, { recursive: true, force: true }) }
}
