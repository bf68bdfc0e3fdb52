import { realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { usageError } from '../../domain/error.ts'

/**
 * The workspace of a sluice.yml: the repository it lies in, or its own folder where there is none. No path of the file
 * may leave it (promise R46).
 */
export async function workspaceOf(root: string): Promise<string> {
  const start = await realpath(root)
  for (let folder = start; ; folder = dirname(folder)) {
    if (await exists(join(folder, '.git'))) return folder
    if (dirname(folder) === folder) return start
  }
}

/**
 * The real path of something that must be there, inside the workspace after every symbolic link is followed.
 * @param what for messages: `the build context of image api`.
 * @throws SluiceError usage where it is missing, of another kind, or outside.
 */
export async function insideWorkspace(
  workspace: string,
  root: string,
  path: string,
  what: string,
  kind: 'file' | 'directory',
): Promise<string> {
  if (path.includes('\0')) throw usageError({ what: `${what} has a NUL byte in its path` })
  let real: string
  try {
    real = await realpath(resolve(root, path))
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'is not there' : `cannot be read: ${code}`
    throw usageError(
      { what: `${what}, ${path}, ${why}`, remedy: 'paths count from the folder of sluice.yml' },
      cause,
    )
  }
  const way = relative(workspace, real)
  if (way === '..' || way.startsWith(`..${sep}`)) {
    throw usageError({
      what: `${what}, ${path}, lies outside the workspace ${workspace}`,
      rule: 'paths stay inside the workspace, symbolic links followed',
      remedy: 'move it into the repository',
    })
  }
  const found = await stat(real)
  if (kind === 'file' ? !found.isFile() : !found.isDirectory()) {
    throw usageError({ what: `${what}, ${path}, is not a ${kind === 'file' ? 'file' : 'folder'}` })
  }
  return real
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
