import type { Digest } from '../../domain/digest.ts'
import { usageError } from '../../domain/error.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Layout } from '../../tools/oci/layout.ts'
import type { Registry, RemoteImage } from '../registry-port.ts'
import { type Copied, type CopyOptions, copyImage } from './copy.ts'
import { anonymous, type CredentialSource } from './credentials.ts'
import type { Line } from './line.ts'
import { getManifest, headManifest, manifestGone, tagManifest } from './manifests.ts'
import { openWire } from './open-wire.ts'
import { proxyOf } from './proxy.ts'
import { readImage } from './read-image.ts'
import { formatReference, isTag, parseReference, type Reference } from './reference.ts'
import { openSession, type Session } from './session.ts'
import { layoutSource, registrySource } from './source.ts'
import { toldBytes } from './told-bytes.ts'
import { TIMEOUTS, type Timeouts } from './wire.ts'

export interface RegistryOptions {
  readonly credentials?: CredentialSource
  readonly timeouts?: Partial<Timeouts>
  /** Hosts whose repositories the stack `foundation` makes, so that a missing one is an error there. */
  readonly foundation?: readonly string[]
  /** Bytes of one request of an upload; default: all of a blob. */
  readonly chunk?: number
}

/** Any registry of the OCI Distribution Specification 1.1, named by the host of each reference. */
export interface RegistryClient extends Registry {
  /** With `layers`, every byte of every layer is read and held against its digest as well. */
  read(reference: string, options?: { readonly layers: boolean }): Promise<RemoteImage | undefined>
  /** As `mirror`, from a tag or a digest, silently; says what had to move. */
  copy(source: string, repository: string, onProgress?: CopyOptions['onProgress']): Promise<Copied>
  /** The image of a layout on disk, by the digest of its manifest or index; without a tag. */
  push(
    layout: Layout,
    digest: Digest,
    repository: string,
    onProgress?: CopyOptions['onProgress'],
  ): Promise<Copied>
  /** @throws SluiceError usage where the image is not made for one of these platforms, `linux/amd64`. */
  requirePlatforms(reference: string, wanted: readonly string[]): Promise<void>
  /** Ends all connections. */
  close(): Promise<void>
}

export function openRegistry(
  runtime: Pick<Runtime, 'clock' | 'random' | 'log' | 'signals' | 'env'>,
  options: RegistryOptions = {},
): RegistryClient {
  const { credentials = anonymous, foundation = [], chunk } = options
  const timeouts = { ...TIMEOUTS, ...options.timeouts }
  const wire = openWire(timeouts, proxyOf(runtime.env))
  const line: Line = { wire, timeouts, runtime, signal: runtime.signals.cancelled }
  const sessions = new Map<string, Session>()
  const at = (host: string): Session => {
    const known = sessions.get(host)
    if (known !== undefined) return known
    const session = openSession(host, line, credentials, foundation.includes(host))
    sessions.set(host, session)
    return session
  }
  const placeOf = (text: string) => {
    const reference = parseReference(text)
    return { ...reference, session: at(reference.host) }
  }
  const copyOptions = (onProgress: CopyOptions['onProgress']): CopyOptions => ({
    ...(chunk === undefined ? {} : { chunk }),
    ...(onProgress === undefined ? {} : { onProgress }),
  })

  async function copy(text: string, to: string, onProgress?: CopyOptions['onProgress']): Promise<Copied> {
    const source = parseReference(text)
    const target = placeOf(to)
    const digest = await resolved(at(source.host), source)
    const from = registrySource(at(source.host), source.repository)
    return copyImage(from, digest, target.session, target.repository, copyOptions(onProgress))
  }

  return {
    async head(text) {
      const reference = parseReference(text)
      return headManifest(at(reference.host), reference.repository, pointOf(reference))
    },
    async read(text, readOptions) {
      const { session, repository, digest } = placeOf(text)
      return readImage(session, repository, digestIn(text, digest), readOptions)
    },
    async mirror(text, to) {
      await copy(text, to, toldBytes(runtime.log, `mirror to ${to}`, `copying ${text}`))
    },
    copy,
    async push(layout, digest, to, onProgress) {
      const { session, repository } = placeOf(to)
      return copyImage(layoutSource(layout), digest, session, repository, copyOptions(onProgress))
    },
    async tag(text, tag) {
      const { session, repository, digest } = placeOf(text)
      if (!isTag(tag))
        throw usageError({ what: `${tag} is no tag`, rule: 'letters, digits and ._-, 128 at most' })
      const wanted = digestIn(text, digest)
      const document = await getManifest(session, repository, wanted)
      if (document === undefined) throw manifestGone(session.host, repository, wanted)
      return tagManifest(session, repository, tag, document)
    },
    async requirePlatforms(text, wanted) {
      const { session, ...reference } = placeOf(text)
      const digest = await resolved(session, reference)
      const image = await readImage(session, reference.repository, digest)
      const missing = wanted.filter((one) => !offers(image?.platforms ?? [], one))
      if (missing.length === 0) return
      throw usageError({
        what: `${formatReference(reference)} is not made for ${missing.join(', ')}`,
        rule: `it is made for ${image?.platforms.join(', ') || 'no platform that it names'}`,
        remedy: 'choose an image that is, or a size or platform that fits it',
      })
    },
    close: () => line.wire.close(),
  }
}

/** R27: a tag is asked for once; what follows goes by the digest that it had then. */
async function resolved(session: Session, reference: Reference): Promise<Digest> {
  if (reference.digest !== undefined) return reference.digest
  const found = await headManifest(session, reference.repository, pointOf(reference))
  if (found === undefined) throw manifestGone(session.host, reference.repository, pointOf(reference))
  return found.digest
}

function pointOf({ digest, tag }: Reference): string {
  return digest ?? tag ?? 'latest'
}

function digestIn(text: string, digest: Digest | undefined): Digest {
  if (digest !== undefined) return digest
  throw usageError({
    what: `${text} names no digest`,
    rule: 'a tag can move, a digest cannot',
    remedy: 'write it as repository@sha256:...',
  })
}

/** `linux/arm64` is met by `linux/arm64/v8`, its usual variant. */
function offers(platforms: readonly string[], wanted: string): boolean {
  return platforms.some((one) => one === wanted || one.startsWith(`${wanted}/`))
}
