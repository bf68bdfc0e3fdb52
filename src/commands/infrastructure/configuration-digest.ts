import { join } from 'node:path'
import { type Digest, digestOf, digestOfValue } from '../../domain/digest.ts'
import type { Files } from '../../runtime/runtime.ts'

/** What the engine keeps beside a configuration, which is no part of it. */
const ENGINES_OWN = /^(\.terraform|\.terraform\.lock\.hcl|.*\.tfstate(\..*)?)$/

/** The digest of a configuration: of every file's path and content. */
export async function configurationDigest(files: Files, folder: string): Promise<Digest> {
  const content: Record<string, Digest> = {}
  const walk = async (path: string, prefix: string): Promise<void> => {
    for (const name of await files.list(path)) {
      if (ENGINES_OWN.test(name)) continue
      const stat = await files.stat(join(path, name))
      if (stat?.kind === 'directory') await walk(join(path, name), `${prefix}${name}/`)
      else content[`${prefix}${name}`] = digestOf((await files.read(join(path, name))) ?? '')
    }
  }
  await walk(folder, '')
  return digestOfValue(content)
}
