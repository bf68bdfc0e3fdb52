import { type Digest, isDigest } from '../../domain/digest.ts'

/** `containerimage.digest` of a metadata file: of the index where there are attestations or several platforms. */
export function digestOfMetadata(text: string): Digest | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const digest = typeof value === 'object' && value !== null ? Object.entries(value) : []
    const found: unknown = digest.find(([name]) => name === 'containerimage.digest')?.[1]
    return isDigest(found) ? found : undefined
  } catch {
    return undefined
  }
}

/** The last line of `docker push`: `TAG: digest: sha256:... size: 1148`. */
export function digestOfPush(output: string, tag: string): Digest | undefined {
  for (const line of output.trim().split('\n').reverse()) {
    const [, name, digest] = /^(\S+): digest: (\S+) size: \d+\s*$/.exec(line) ?? []
    if (name === tag && isDigest(digest)) return digest
  }
  return undefined
}

/** What `docker push` says of a tag that may not move (ECR: "tag immutability"; Artifact Registry: "immutable tags"). */
export function isImmutableTag(errors: string): boolean {
  return /tag(?:_invalid| invalid)|immutab/i.test(errors)
}
