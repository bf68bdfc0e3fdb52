import { join } from 'node:path'
import type { Files } from '../../runtime/runtime.ts'
import { StalePlan } from './refusal.ts'

/** More than any system has; a limit for what is none. */
const MOST_FILES = 10_000
/** Bytes. */
const LARGEST = 2 * 1024 ** 3
/** What the engine puts there itself, with links to the providers. */
const ENGINES_OWN = '.terraform'

/**
 * Looks at what a job before has handed over, before anything of it is read: files and folders alone, so that no link
 * leads out of the folder and no pipe stops the run, and not more than a plan can be.
 *
 * @throws StalePlan, which names the file.
 */
export async function checkLanded(files: Files, state: string, folders: readonly string[]): Promise<void> {
  let count = 0
  let size = 0
  const walk = async (path: string): Promise<void> => {
    const stat = await files.stat(path)
    if (stat === undefined) return
    count++
    size += stat.size
    if (count > MOST_FILES) throw refused(`there are more than ${MOST_FILES} files below ${state}`)
    if (size > LARGEST) throw refused(`the files below ${state} hold more than ${LARGEST} bytes`)
    switch (stat.kind) {
      case 'file':
        return
      case 'directory':
        for (const name of await files.list(path)) if (name !== ENGINES_OWN) await walk(join(path, name))
        return
      case 'symlink':
        throw refused(`${path} is a symbolic link`)
      case 'other':
        throw refused(`${path} is neither a file nor a folder`)
      default:
        stat.kind satisfies never
    }
  }
  for (const folder of folders) await walk(join(state, folder))
}

const refused = (what: string): StalePlan =>
  new StalePlan('stale', what, { rule: 'plan leaves files and folders, and not many' })
