import { join } from 'node:path'
import { type Zippable, zipSync } from 'fflate'
import { usageError } from '../../domain/error.ts'
import type { Asset } from '../../domain/stacks/synthesizer.ts'
import type { Files } from '../../runtime/runtime.ts'

/** Zip has no times before 1980; one for all keeps the bytes the same. */
const EPOCH = new Date(1980, 0, 1)
/** What editors and package managers leave, and no function runs. */
const LEFT_OUT = new Set(['.git', '.DS_Store', '.sluice'])

/**
 * The bytes of an asset: the file, or a zip of the folder that is the same for the same content.
 *
 * @throws SluiceError usage, where there is no such file or folder.
 */
export async function assetBytes(files: Files, root: string, asset: Asset): Promise<Uint8Array> {
  const path = join(root, asset.source)
  switch (asset.how) {
    case 'copy': {
      const bytes = await files.read(path)
      if (bytes === undefined) throw absent(asset, 'file')
      return bytes
    }
    case 'zip': {
      if ((await files.stat(path))?.kind !== 'directory') throw absent(asset, 'folder')
      const content: Zippable = {}
      await collect(files, path, '', content)
      return zipSync(content, { mtime: EPOCH, level: 6 })
    }
    default:
      return asset.how satisfies never
  }
}

/** Symbolic links are not followed: what a function needs is in its folder. */
async function collect(files: Files, folder: string, prefix: string, content: Zippable): Promise<void> {
  for (const name of await files.list(folder)) {
    if (LEFT_OUT.has(name)) continue
    const path = join(folder, name)
    const stat = await files.stat(path)
    if (stat?.kind === 'directory') await collect(files, path, `${prefix}${name}/`, content)
    else if (stat?.kind === 'file') {
      const bytes = await files.read(path)
      // Unix permissions stand in the upper half of the attributes; Lambda needs them readable.
      const mode = (stat.mode & 0o111) === 0 ? 0o100644 : 0o100755
      if (bytes !== undefined) content[`${prefix}${name}`] = [bytes, { os: 3, attrs: (mode << 16) >>> 0 }]
    }
  }
}

const absent = (asset: Asset, kind: string): Error =>
  usageError({
    what: `there is no ${kind} ${asset.source}`,
    rule: 'paths of sluice.yml are relative to it',
    remedy: 'correct the path, or add what it names',
  })
