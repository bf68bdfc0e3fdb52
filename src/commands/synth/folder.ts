import { join } from 'node:path'
import { usageError } from '../../domain/error.ts'
import type { Files } from '../../runtime/runtime.ts'
import { secretRule } from '../../tools/context/secret-files.ts'

/** A folder as a value: path inside it -> content. */
export type Folder = ReadonlyMap<string, FileContent>

export interface FileContent {
  readonly bytes: Uint8Array
  readonly mode: number
}

/** What Terraform keeps beside a configuration: it is neither taken over nor taken away. */
const KEPT = /^(?:\.terraform|terraform\.tfstate\.d|.*\.tfstate(?:\..*)?|\.terraform\.tfstate\.lock\.info)$/
/** What has no place in a configuration. */
const LEFT_OUT = new Set(['.DS_Store', 'node_modules'])

/** @throws SluiceError usage for a symbolic link: a stack is applied from another folder, where it would lead elsewhere. */
export async function readFolder(files: Files, path: string, shown: string): Promise<Folder> {
  const content = new Map<string, FileContent>()
  await collect(files, path, '', shown, content)
  return content
}

async function collect(
  files: Files,
  path: string,
  prefix: string,
  shown: string,
  content: Map<string, FileContent>,
): Promise<void> {
  for (const name of await files.list(path)) {
    // Stacks may be kept as an artifact, so what is secret by its name stays behind (promise R46).
    if (KEPT.test(name) || LEFT_OUT.has(name) || secretRule(name) !== undefined) continue
    const inner = join(path, name)
    const stat = await files.stat(inner)
    if (stat?.kind === 'directory') await collect(files, inner, `${prefix}${name}/`, shown, content)
    else if (stat?.kind === 'symlink') {
      throw usageError({
        what: `${shown} holds the symbolic link ${prefix}${name}`,
        rule: 'a stack is whole in its folder',
        remedy: 'put what it leads to into the folder, modules included',
      })
    } else if (stat?.kind === 'file') {
      const bytes = await files.read(inner)
      if (bytes !== undefined) content.set(`${prefix}${name}`, { bytes, mode: stat.mode & 0o777 })
    }
  }
}

/** Makes a folder hold these files, and nothing else but what Terraform keeps there. */
export async function writeFolder(files: Files, path: string, folder: Folder): Promise<void> {
  await removeOthers(files, path, '', folder)
  for (const [name, { bytes, mode }] of folder) await files.write(join(path, name), bytes, { mode })
}

async function removeOthers(files: Files, path: string, prefix: string, folder: Folder): Promise<void> {
  for (const name of await files.list(join(path, prefix))) {
    // A lock file that the source has not is what `init` chose here.
    if (KEPT.test(name) || (prefix === '' && name === '.terraform.lock.hcl')) continue
    const inner = `${prefix}${name}`
    if (folder.has(inner)) continue
    const isNeeded = [...folder.keys()].some((file) => file.startsWith(`${inner}/`))
    if (isNeeded) await removeOthers(files, path, `${inner}/`, folder)
    else await files.remove(join(path, inner))
  }
}
