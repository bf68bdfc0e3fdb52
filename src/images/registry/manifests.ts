import { type Digest, isDigest } from '../../domain/digest.ts'
import { externalError, type SluiceError } from '../../domain/error.ts'
import type { RemoteManifest } from '../registry-port.ts'
import type { Scope } from './credentials.ts'
import { ACCEPT, parseDocument, type RemoteDocument } from './document.ts'
import type { RegistryRequest, Session } from './session.ts'
import { complains, corrupted, missingRepository } from './trouble.ts'

export const pull = (repository: string): readonly Scope[] => [{ repository, actions: 'pull' }]
export const push = (repository: string): readonly Scope[] => [{ repository, actions: 'pull,push' }]

/**
 * One HEAD (OCI Distribution Spec 1.1, "Checking if content exists in the registry"); undefined where there is no such
 * tag or digest.
 */
export async function headManifest(
  session: Session,
  repository: string,
  reference: string,
): Promise<RemoteManifest | undefined> {
  const { status, headers } = await session.send(read('HEAD', repository, reference))
  const { 'docker-content-digest': digest, 'content-type': mediaType } = headers
  const size = Number(headers['content-length'] ?? Number.NaN)
  if (status === 404 && !session.foundation) return undefined
  // Why there is nothing stands only in a body, and the specification lets a registry leave headers out.
  if (status === 404 || !isDigest(digest) || mediaType === undefined || !Number.isSafeInteger(size)) {
    const document = await getManifest(session, repository, reference)
    return document === undefined ? undefined : { ...document, size: document.bytes.length }
  }
  if (isDigest(reference) && digest !== reference) throw another(session, repository, reference, digest)
  return { digest, size, mediaType }
}

/** The manifest under its tag or digest, held against its digest; undefined where there is none. */
export async function getManifest(
  session: Session,
  repository: string,
  reference: string,
): Promise<RemoteDocument | undefined> {
  const { status, headers, bytes } = await session.send(read('GET', repository, reference))
  if (status === 404) {
    if (session.foundation && complains(bytes, 'NAME_UNKNOWN')) {
      throw missingRepository(session.host, repository)
    }
    return undefined
  }
  let document: RemoteDocument
  try {
    document = parseDocument(bytes, headers['content-type'] ?? '')
  } catch (cause) {
    const what = `manifest ${repository} ${reference}: ${(cause as Error).message}`
    throw corrupted(session.host, what, cause)
  }
  const promised = isDigest(reference) ? reference : headers['docker-content-digest']
  if (promised !== undefined && promised !== document.digest) {
    throw another(session, repository, promised, document.digest)
  }
  return document
}

/** "Pushing Manifests": the same bytes give the same manifest, so it may be sent twice. */
export async function putManifest(
  session: Session,
  repository: string,
  reference: string,
  document: RemoteDocument,
): Promise<void> {
  const { headers } = await session.send({
    method: 'PUT',
    path: pathOf(repository, reference),
    scopes: push(repository),
    headers: { 'content-type': document.mediaType },
    body: document.bytes,
    expected: [201],
    what: `putting manifest ${repository} ${reference}`,
  })
  const digest = headers['docker-content-digest']
  if (digest !== undefined && digest !== document.digest) {
    throw another(session, repository, document.digest, digest)
  }
}

/**
 * Names a manifest that is there. A tag that names it already is left alone, so that a second run is fine at a registry
 * whose tags may not move; a tag that names another digest is a conflict.
 */
export async function tagManifest(
  session: Session,
  repository: string,
  tag: string,
  document: RemoteDocument,
): Promise<'tagged' | 'conflict'> {
  const before = await headManifest(session, repository, tag)
  if (before !== undefined) return before.digest === document.digest ? 'tagged' : 'conflict'
  try {
    await putManifest(session, repository, tag, document)
  } catch (error) {
    // Somebody else was quicker, or our own answer got lost and the second try was refused.
    const now = await headManifest(session, repository, tag).catch(() => undefined)
    if (now === undefined) throw error
    return now.digest === document.digest ? 'tagged' : 'conflict'
  }
  return 'tagged'
}

function read(method: 'GET' | 'HEAD', repository: string, reference: string): RegistryRequest {
  return {
    method,
    path: pathOf(repository, reference),
    scopes: pull(repository),
    headers: { accept: ACCEPT },
    expected: [200, 404],
    what: `manifest ${repository} ${reference}`,
  }
}

function pathOf(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`
}

function another(session: Session, repository: string, asked: string, came: string): SluiceError {
  return corrupted(session.host, `manifest ${repository}@${asked} comes back as ${came}`)
}

export function manifestGone(host: string, repository: string, reference: Digest | string): SluiceError {
  return externalError('user', {
    what: `registry ${host} has no manifest ${repository} ${reference}`,
    rule: 'an image is copied by the digest that its tag had at the start',
    remedy: 'name a tag or digest that is there; its publisher may have deleted this one',
  })
}
