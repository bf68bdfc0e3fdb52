import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Digest, digestOfValue, hexOf } from '../../domain/digest.ts'
import { externalError } from '../../domain/error.ts'
import type { ObjectInfo, ObjectStore } from '../../providers/ports/objects.ts'
import { objectsAt } from './places.ts'

/** A model as a step wrote it. */
export interface Artifact {
  /** One object, or a prefix with a trailing `/`. */
  readonly uri: string
  /** Of one object: sha256 of its bytes; of a prefix: of the canonical list of { path, digest, size }. */
  readonly digest: Digest
  readonly size: number
  readonly files: readonly ArtifactFile[]
}

interface ArtifactFile {
  /** Below the prefix; the last part of the name for one object. */
  readonly path: string
  readonly uri: string
  readonly etag: string
  readonly digest: Digest
  readonly size: number
}

/** Reads the model and computes what it is called by. */
export async function readArtifact(objects: ObjectStore, uri: string): Promise<Artifact> {
  const files: ArtifactFile[] = []
  for (const info of await objectsAt(objects, uri))
    files.push(await readFile(objects, info, pathIn(uri, info.uri)))
  const [only] = files
  if (only === undefined) throw externalError('user', { what: `there is no model at ${uri}` })
  const list = files.map(({ path, digest, size }) => ({ path, digest, size }))
  const digest = uri.endsWith('/') ? digestOfValue(list.sort(byPath)) : only.digest
  return { uri, digest, size: files.reduce((sum, file) => sum + file.size, 0), files }
}

/**
 * Copies the model to `<bucket>/sluice/models/<name>/<hex digest>/`, where nothing is ever written again: each object is
 * created only if absent. Returns the URI to register.
 *
 * @throws SluiceError external, where the model changed while it was copied.
 */
export async function keepArtifact(
  objects: ObjectStore,
  bucket: string,
  model: string,
  artifact: Artifact,
): Promise<string> {
  const folder = `${bucket.replace(/\/$/, '')}/sluice/models/${model}/${hexOf(artifact.digest)}/`
  for (const file of artifact.files) {
    const target = `${folder}${file.path}`
    // The name says what is in it, and objects appear whole: what is there is right.
    if ((await objectsAt(objects, target)).some(({ size }) => size === file.size)) continue
    const source = await objects.read(file.uri)
    if (source === undefined || source.info.etag !== file.etag) {
      source?.body.destroy()
      throw externalError('user', {
        what: `${file.uri} changed while it was copied`,
        rule: 'a model is registered as it was judged',
        remedy: 'see that nothing else writes there, then run train again',
      })
    }
    await objects.write(target, source.body, { absent: true })
  }
  const [only] = artifact.files
  return artifact.uri.endsWith('/') || only === undefined ? folder : `${folder}${only.path}`
}

async function readFile(objects: ObjectStore, info: ObjectInfo, path: string): Promise<ArtifactFile> {
  const object = await objects.read(info.uri)
  if (object === undefined) throw externalError('user', { what: `${info.uri} vanished while it was read` })
  const hash = createHash('sha256')
  let size = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk)
      size += chunk.length
      next()
    },
  })
  count.resume()
  await pipeline(object.body, count)
  return { path, uri: info.uri, etag: object.info.etag, digest: `sha256:${hash.digest('hex')}`, size }
}

function pathIn(uri: string, file: string): string {
  return uri.endsWith('/') ? file.slice(uri.length) : file.slice(file.lastIndexOf('/') + 1)
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}
