import { canonicalJson } from './canonical.ts'

/** A content address: `sha256:` and 64 lower-case hex digits (OCI image-spec, descriptor.md, "Digests"). */
export type Digest = `sha256:${string}`

const DIGEST = /^sha256:[0-9a-f]{64}$/

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text)
}

export function digestOf(bytes: string | Uint8Array): Digest {
  // By import, node:crypto would be loaded for everybody who only names a digest.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** The digest of a value's canonical JSON: equal values, equal digests. */
export function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalJson(value))
}

/** The 64 hex digits without the algorithm, for file names. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

/** The first 12 hex digits: enough for people, never for programs. */
export function shortDigest(digest: Digest): string {
  return hexOf(digest).slice(0, 12)
}

/** An image that can never change under its name: `repository@sha256:...`. */
export type ImageReference = `${string}@sha256:${string}`

export function imageReference(repository: string, digest: Digest): ImageReference {
  return `${repository}@${digest}` as ImageReference
}

/** Splits `repository@sha256:...`; undefined for anything else, tags included. */
export function parseImageReference(text: string): { repository: string; digest: Digest } | undefined {
  const at = text.lastIndexOf('@')
  const digest = text.slice(at + 1)
  return at > 0 && isDigest(digest) ? { repository: text.slice(0, at), digest } : undefined
}
