import { join } from 'node:path'
import { type Digest, digestOf, digestOfValue } from '../../domain/digest.ts'
import { usageError } from '../../domain/error.ts'
import type { Targets } from '../../domain/stacks/targets.ts'
import type { Location } from '../../domain/system/step.ts'
import type { ObjectInfo, ObjectStore } from '../../providers/ports/objects.ts'
import type { Files } from '../../runtime/runtime.ts'

/** Where the inputs and outputs of steps lie, and what lies there. */
export interface Places {
  /** `s3://bucket/key`, `s3://bucket/prefix/`, or the absolute path of a file of the repository. */
  uriOf(location: Location): string
  /** Digest of what lies there now; undefined: nothing. An empty prefix is nothing. */
  look(location: Location): Promise<Digest | undefined>
}

export function openPlaces(
  files: Files,
  objects: ObjectStore,
  buckets: Targets['buckets'],
  root: string,
): Places {
  const uriOf: Places['uriOf'] = (location) => {
    if (location.kind === 'file') return join(root, location.path)
    const bucket = buckets[location.bucket]
    if (bucket === undefined) {
      throw usageError({
        what: `bucket ${location.bucket} has no address in this environment`,
        rule: `known buckets: ${Object.keys(buckets).join(', ') || 'none'}`,
        remedy: 'apply the stacks of the environment first',
      })
    }
    return `${bucket.replace(/\/$/, '')}/${location.path}`
  }
  return {
    uriOf,
    look: async (location) => {
      const uri = uriOf(location)
      if (location.kind === 'file') return lookAtFile(files, uri)
      const found = await objectsAt(objects, uri)
      return found.length === 0 ? undefined : digestOfValue(found.map((info) => fact(info, uri)))
    },
  }
}

/** The one object of this name, or, for a name that ends in `/`, all below it. */
export async function objectsAt(objects: ObjectStore, uri: string): Promise<readonly ObjectInfo[]> {
  const found: ObjectInfo[] = []
  for await (const info of objects.list(uri)) if (uri.endsWith('/') || info.uri === uri) found.push(info)
  return found
}

/** The content is not read: an etag changes whenever the content does. */
function fact({ uri, size, etag }: ObjectInfo, base: string): object {
  return { path: uri.slice(base.length), size, etag }
}

async function lookAtFile(files: Files, path: string): Promise<Digest | undefined> {
  const stat = await files.stat(path)
  if (stat?.kind !== 'directory') {
    const bytes = await files.read(path)
    return bytes === undefined ? undefined : digestOf(bytes)
  }
  const entries: [string, Digest][] = []
  for (const name of await files.list(path)) {
    const digest = await lookAtFile(files, join(path, name))
    if (digest !== undefined) entries.push([name, digest])
  }
  return digestOfValue(entries)
}
