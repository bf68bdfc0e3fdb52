import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { byteKey, pathOfKey, textOf, toBytes } from '../../objects/key-path.ts'
import { walkKeys } from '../../objects/tree.ts'
import { invalid, missing } from './error.ts'

export interface ArtifactInfo {
  readonly path: string
  readonly is_dir: boolean
  readonly file_size?: number
}

/** Written beside and renamed: a broken upload leaves nothing. */
export async function putArtifact(root: string, path: string, body: Readable): Promise<void> {
  const target = artifactPath(root, path)
  await mkdir(dirname(target), { recursive: true })
  const beside = join(dirname(target), `.${randomUUID()}.tmp`)
  try {
    await pipeline(body, createWriteStream(beside, { flags: 'wx', flush: true }))
    await rename(beside, target)
  } finally {
    await rm(beside, { force: true })
  }
}

export async function getArtifact(root: string, path: string): Promise<{ size: number; body: Readable }> {
  const target = artifactPath(root, path)
  const found = await stat(target).catch(() => undefined)
  if (found === undefined) throw missing(`Artifact ${path}`)
  return { size: found.size, body: createReadStream(target) }
}

export async function removeArtifact(root: string, path: string): Promise<void> {
  await rm(artifactPath(root, path), { force: true })
}

/** What lies directly in a folder of artifacts, with paths relative to it. */
export async function listArtifacts(root: string, folder: string): Promise<readonly ArtifactInfo[]> {
  const prefix = folder === '' ? '' : `${toBytes(folder.replace(/\/+$/, ''))}/`
  const found = new Map<string, ArtifactInfo>()
  for await (const { key, path } of walkKeys(root, { prefix, after: '' })) {
    const rest = key.slice(prefix.length)
    const slash = rest.indexOf('/')
    const name = textOf((slash < 0 ? rest : rest.slice(0, slash)) as typeof key)
    if (slash >= 0) found.set(name, { path: name, is_dir: true })
    else found.set(name, { path: name, is_dir: false, file_size: (await stat(path)).size })
  }
  return [...found.values()]
}

function artifactPath(root: string, path: string): string {
  const key = byteKey(path)
  if (key === undefined || path.split('/').includes('..')) throw invalid(`Invalid path: ${path}`)
  return join(root, ...pathOfKey(key))
}
