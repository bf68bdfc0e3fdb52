import type { SluiceError } from '../../domain/error.ts'
import { isTransient, pauseBefore, retryAfter } from './backoff.ts'
import { hasBlob } from './blobs.ts'
import type { Blob } from './document.ts'
import type { Whole } from './line.ts'
import { push } from './manifests.ts'
import { nextPlace, type Once, type Session } from './session.ts'
import { complains, corrupted } from './trouble.ts'
import type { VerifiedBlob } from './verified-blob.ts'

export interface UploadOptions {
  /** A repository at the same registry that may have the blob already. */
  readonly mountFrom?: string
  /** Bytes of one request; default: all of them. */
  readonly chunk?: number
  readonly onBytes?: (bytes: number) => void
}

/** An upload at the registry: where it goes on, and how many bytes it has. */
interface Upload {
  readonly place: URL
  readonly offset: number
  readonly chunk: number
}

/** Up to here a blob goes in one request, from memory. */
const MONOLITHIC = 1024 * 1024
/** What a proxy that refuses long requests is given instead, one after the other. */
const SHORTER = [64 * 1024 * 1024, 4 * 1024 * 1024] as const
/** Every interruption counts, whatever was gained before it. */
const INTERRUPTIONS_AT_MOST = 50

/**
 * Puts a blob where it is not yet (OCI Distribution Spec 1.1, "Pushing blobs": mounted where another repository has it, one
 * PUT where it is small, else PATCH and PUT). After a cut the registry says how far it got, and the rest is sent. A blob
 * whose bytes are not those of its digest is never completed.
 */
export async function uploadBlob(
  session: Session,
  repository: string,
  blob: Blob,
  source: VerifiedBlob,
  options: UploadOptions = {},
): Promise<'mounted' | 'uploaded'> {
  const { line } = session
  let upload = await begin(session, repository, blob, options)
  let furthest = 0
  let failures = 0
  for (let interruptions = 0; upload !== 'mounted'; ) {
    const outcome = await advance(session, repository, blob, source, upload, options)
    if (outcome.kind === 'done') return 'uploaded'
    if (outcome.kind === 'moved') {
      upload = outcome.upload
      continue
    }
    const { error, whole } = outcome
    const next = remedyOf(whole, upload.chunk)
    failures = upload.offset > furthest ? 1 : failures + 1
    furthest = Math.max(furthest, upload.offset)
    const asked = retryAfter(whole?.headers['retry-after'], line.runtime.clock.now())
    const pause = pauseBefore(failures, asked, line.runtime.random)
    if (next === 'give-up' || pause === 'give-up' || ++interruptions > INTERRUPTIONS_AT_MOST) {
      await abandon(session, repository, upload)
      throw error
    }
    await line.runtime.clock.sleep(pause, line.signal)
    // Everything had been sent: the answer alone may be lost.
    if (upload.offset === blob.size && (await hasBlob(session, repository, blob))) return 'uploaded'
    const stands = next.afresh ? undefined : await standing(session, repository, upload)
    if (stands === undefined) await abandon(session, repository, upload)
    const again: Upload | 'mounted' = stands ?? (await begin(session, repository, blob, options))
    upload = again === 'mounted' ? again : { ...again, chunk: next.chunk }
  }
  return 'mounted'
}

/** What to do about a broken part of an upload: give up, go on, or start afresh, with shorter requests perhaps. */
export function remedyOf(
  whole: Pick<Whole, 'status' | 'bytes'> | undefined,
  chunk: number,
): { readonly afresh: boolean; readonly chunk: number } | 'give-up' {
  if (whole === undefined || whole.status === 401 || isTransient(whole.status))
    return { afresh: false, chunk }
  if (whole.status === 413) {
    const shorter = SHORTER.find((size) => size < chunk)
    return shorter === undefined ? 'give-up' : { afresh: true, chunk: shorter }
  }
  const lost = complains(whole.bytes, 'BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID')
  return lost || whole.status === 416 ? { afresh: true, chunk } : 'give-up'
}

async function begin(
  session: Session,
  repository: string,
  { digest }: Blob,
  { mountFrom, chunk = Number.POSITIVE_INFINITY }: UploadOptions,
): Promise<Upload | 'mounted'> {
  const query = mountFrom === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(mountFrom)}`
  // Sent twice, it leaves an empty upload behind, which registries sweep away.
  const { status, headers } = await session.send({
    method: 'POST',
    path: `/v2/${repository}/blobs/uploads/${query}`,
    scopes: [
      ...push(repository),
      ...(mountFrom === undefined ? [] : [{ repository: mountFrom, actions: 'pull' as const }]),
    ],
    headers: { 'content-length': '0' },
    body: new Uint8Array(0),
    expected: [201, 202],
    what: `starting to upload ${repository}@${digest}`,
  })
  if (status === 201) return 'mounted'
  const least = Number(headers['oci-chunk-min-length'] ?? 0)
  return { place: placeOf(session, headers), offset: 0, chunk: Math.max(chunk, least || 0) }
}

type Advance =
  | { readonly kind: 'done' }
  | { readonly kind: 'moved'; readonly upload: Upload }
  | { readonly kind: 'interrupted'; readonly error: SluiceError; readonly whole?: Whole }

async function advance(
  session: Session,
  repository: string,
  blob: Blob,
  source: VerifiedBlob,
  upload: Upload,
  { onBytes }: UploadOptions,
): Promise<Advance> {
  const { offset, place, chunk } = upload
  const monolithic = offset === 0 && blob.size <= Math.min(MONOLITHIC, chunk)
  const end = Math.min(blob.size, offset + chunk)
  if (offset < blob.size || monolithic) {
    let damage: unknown
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        for await (const piece of source.read(offset, end)) {
          onBytes?.(piece.length)
          yield piece
        }
      } catch (error) {
        damage = error
        throw error
      }
    }
    const outcome = await session.once({
      ...(monolithic ? closing(blob, place) : { method: 'PATCH', path: place }),
      scopes: push(repository),
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(end - offset),
        ...(monolithic ? {} : { 'content-range': `${offset}-${end - 1}` }),
      },
      body: watched(),
      expected: monolithic ? [201] : [202, 204],
      what: `uploading ${repository}@${blob.digest}`,
      patience: 'commit',
    })
    // The source is broken, not the registry: nothing of it may stay.
    if (damage !== undefined) {
      await abandon(session, repository, upload)
      throw damage
    }
    if (outcome.kind === 'interrupted') return outcome
    if (monolithic) return { kind: 'done' }
    const { headers } = outcome.answer
    return { kind: 'moved', upload: { chunk, place: placeOf(session, headers, place), offset: end } }
  }
  const outcome: Once = await session.once({
    ...closing(blob, place),
    scopes: push(repository),
    headers: { 'content-length': '0' },
    expected: [201],
    what: `completing ${repository}@${blob.digest}`,
    patience: 'commit',
  })
  return outcome.kind === 'interrupted' ? outcome : { kind: 'done' }
}

function closing({ digest }: Blob, place: URL): { method: 'PUT'; path: URL } {
  // Appended as it is: parsed and written again, the registry's own state could change its form.
  return { method: 'PUT', path: new URL(`${place.href}${place.search === '' ? '?' : '&'}digest=${digest}`) }
}

/** "Resuming an upload": how far the registry got; undefined where it has given the upload up. */
async function standing(session: Session, repository: string, upload: Upload): Promise<Upload | undefined> {
  const { status, headers } = await session.send({
    method: 'GET',
    path: upload.place,
    scopes: push(repository),
    expected: [204, 400, 404, 416],
    what: `the state of an upload to ${repository}`,
  })
  const range = /^(?:bytes=)?0-(\d+)$/.exec(headers['range'] ?? '')
  if (status !== 204 || range === null) return undefined
  const last = Number(range[1])
  // Nothing yet and one byte look alike; the one byte is sent again.
  return { ...upload, place: placeOf(session, headers, upload.place), offset: last === 0 ? 0 : last + 1 }
}

/** As far as it goes: registries sweep away what nobody completes. */
async function abandon(session: Session, repository: string, { place }: Upload): Promise<void> {
  await session
    .once({
      method: 'DELETE',
      path: place,
      scopes: push(repository),
      expected: [204],
      what: `giving up an upload to ${repository}`,
    })
    .catch(() => {})
}

function placeOf(session: Session, headers: Readonly<Record<string, string>>, from?: URL): URL {
  const { location } = headers
  if (location === undefined) {
    if (from !== undefined) return from
    throw corrupted(session.host, 'it starts an upload and does not say where')
  }
  return nextPlace(session.host, location, from ?? new URL(session.origin))
}
