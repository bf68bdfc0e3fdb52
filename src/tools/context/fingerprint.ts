import { type Digest, digestOf, digestOfValue } from '../../domain/digest.ts'
import type { BuiltImage, MirroredImage } from '../../domain/system/system.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { openContentCache } from './content-cache.ts'
import { type ContentId, readContentIds } from './contents.ts'
import type { BuildContext } from './context.ts'
import { gitContentIds } from './git-contents.ts'
import type { Entry, FileEntry } from './walk.ts'

/** How a builder without a container engine makes the image; it is part of what decides the result. */
export interface LocalRecipe {
  readonly install?: readonly string[]
  readonly run?: readonly string[]
}

export interface BuildDefinition {
  readonly image: BuiltImage
  /** Digests of the base images by the reference that FROM and COPY --from name. */
  readonly bases: Readonly<Record<string, Digest>>
  /** Only where the builder is cloud `local`. */
  readonly local?: LocalRecipe
}

/**
 * The key of an image: everything the build can see, and nothing else. Folder names above the context, times, owners,
 * and permission bits other than "the owner may execute" are not part of it, so every clone on every system has the
 * same key.
 */
export function buildFingerprint(
  { image, bases, local }: BuildDefinition,
  context: Pick<BuildContext, 'dockerfile' | 'entries'>,
  ids: ReadonlyMap<string, ContentId>,
): Digest {
  return digestOfValue({
    schema: 'sluice.fingerprint/v1',
    dockerfile: digestOf(context.dockerfile),
    target: image.target ?? null,
    args: image.args,
    platforms: [...image.platforms].sort(),
    // Their names only: a build must give the same image whatever the value of a secret.
    secrets: Object.keys(image.secrets).sort(),
    ssh: image.ssh,
    bases,
    local: local ?? null,
    files: filesDigest(context.entries, ids),
  })
}

/** The key of a copied image: what is copied, and how `local` starts it. */
export function mirrorFingerprint(
  image: MirroredImage,
  upstream: Digest | null,
  local?: LocalRecipe,
): Digest {
  return digestOfValue({
    schema: 'sluice.fingerprint/v1',
    mirror: image.source,
    upstream,
    local: local ?? null,
  })
}

function filesDigest(entries: readonly Entry[], ids: ReadonlyMap<string, ContentId>): Digest {
  return digestOf(entries.map((entry) => `${lineOf(entry, ids)}\n`).join(''))
}

/** As canonicalJson writes it. */
function lineOf(entry: Entry, ids: ReadonlyMap<string, ContentId>): string {
  switch (entry.kind) {
    case 'file': {
      const id = ids.get(entry.path)
      if (id === undefined) throw new TypeError(`${entry.path} has no content id`)
      return `["file",${JSON.stringify(entry.path)},${entry.executable},${entry.size},"${id}"]`
    }
    case 'directory':
      return `["directory",${JSON.stringify(entry.path)}]`
    case 'symlink':
      return `["symlink",${JSON.stringify(entry.path)},${JSON.stringify(entry.target)}]`
    default:
      return entry satisfies never
  }
}

/** Below both of these, asking git costs more than reading. */
const GIT_FILES = 200
const GIT_BYTES = 8 * 1024 * 1024

/**
 * The id of every file: from what was read before, from the git index, and by reading the rest.
 * @param cacheFile absolute path; removing it costs time only.
 */
export async function contentIds(
  runtime: Pick<Runtime, 'exec' | 'files' | 'clock' | 'env' | 'log' | 'signals'>,
  context: Pick<BuildContext, 'root' | 'entries'>,
  cacheFile: string,
): Promise<ReadonlyMap<string, ContentId>> {
  const startedAt = runtime.clock.now()
  const files = context.entries.filter((entry): entry is FileEntry => entry.kind === 'file')
  const cache = await openContentCache(runtime.files, cacheFile, context.root)
  const ids = new Map<string, ContentId>()
  const unknown = files.filter((file) => !take(ids, file, cache.find(file)))
  let missing: readonly FileEntry[] = unknown
  if (missing.length >= GIT_FILES || bytesOf(missing) >= GIT_BYTES) {
    const known = await gitContentIds(runtime.exec, runtime.env, context.root, missing)
    missing = missing.filter((file) => !take(ids, file, known.get(file.path)))
  }
  if (missing.length > 0) {
    const total = bytesOf(missing)
    let done = 0
    let told = 0
    const read = await readContentIds(
      context.root,
      missing,
      (bytes) => {
        done += bytes
        if (done - told < GIT_BYTES) return
        told = done
        runtime.log.emit({
          kind: 'progress',
          task: `read ${context.root}`,
          state: 'running',
          text: 'reading the build context',
          done,
          total,
          unit: 'bytes',
        })
      },
      runtime.signals.cancelled,
    )
    if (told > 0) {
      runtime.log.emit({
        kind: 'progress',
        task: `read ${context.root}`,
        state: 'done',
        text: 'read the build context',
      })
    }
    for (const file of missing) take(ids, file, read.get(file.path))
  }
  if (unknown.length > 0 || cache.size !== files.length) await cache.save(files, ids, startedAt)
  return ids
}

function take(ids: Map<string, ContentId>, file: FileEntry, id: ContentId | undefined): boolean {
  if (id !== undefined) ids.set(file.path, id)
  return id !== undefined
}

function bytesOf(files: readonly FileEntry[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}
