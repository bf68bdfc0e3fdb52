import { type Digest, hexOf } from '../../domain/digest.ts'

/** The tag that a fingerprint has in every registry. */
export function fingerprintTag(fingerprint: Digest): string {
  return `fp-${hexOf(fingerprint)}`
}
