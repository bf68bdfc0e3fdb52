import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { usageError } from '../domain/error.ts'
import { nearestName } from '../domain/nearest.ts'

/**
 * Holds that the folder of a system is there: a name that is not is told by itself, and not as a file that nobody finds in it.
 *
 * @param path as the input says it, relative to the workspace
 * @throws SluiceError usage, with the folder of that place that is meant, as far as one is near
 */
export async function requireFolder(workspace: string, path: string): Promise<void> {
  const folder = resolve(workspace, path)
  if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return
  const others = await readdir(dirname(folder), { withFileTypes: true }).catch(() => [])
  const near = nearestName(
    basename(folder),
    others.filter((one) => one.isDirectory()).map(({ name }) => name),
  )
  throw usageError({
    what: `working-directory ${JSON.stringify(path)} is no folder of this commit`,
    rule: 'it is the folder of the system, relative to the repository',
    remedy: near === undefined ? 'name the folder that sluice.yml is in' : `did you mean ${near}?`,
  })
}
