import type { Digest, ImageReference } from '../domain/digest.ts'

/** What a registry holds under a name: one manifest, or an index of several. */
export interface RemoteManifest {
  readonly digest: Digest
  readonly mediaType: string
  /** Bytes of the manifest itself. */
  readonly size: number
}

/** An image as it is read back. */
export interface RemoteImage {
  readonly digest: Digest
  /** Bytes of everything that a pull moves: manifests, configs and layers (compressed) of all platforms. */
  readonly size: number
  /** `linux/amd64`, `linux/arm64/v8`; attestation manifests of an index are no platform. */
  readonly platforms: readonly string[]
  /** Of the first platform's config. */
  readonly labels: Readonly<Record<string, string>>
  /**
   * Types of the statements that are attached to it (`https://slsa.dev/provenance/v1`); no signature was checked. What was attached
   * after it was pushed is looked for where the layers are read as well.
   */
  readonly attestations: readonly string[]
}

/** A registry as the store of images needs it. References are `repository:tag` or `repository@digest`. */
export interface Registry {
  /**
   * One HEAD; undefined where there is no such tag or digest. Also how a tag becomes a digest (promise R27).
   * @throws SluiceError external where the registry refuses or fails; usage where the repository does not exist.
   */
  head(reference: string): Promise<RemoteManifest | undefined>
  /** Everything but the layers, each held against its digest; undefined where the digest is unknown. */
  read(reference: ImageReference): Promise<RemoteImage | undefined>
  /** Copies by digest, all platforms, and verifies; without a tag. The digest is the one of the source. */
  mirror(source: ImageReference, repository: string): Promise<void>
  /** Gives what is there one more tag. `conflict`: the tag names another digest and may not move. */
  tag(reference: ImageReference, tag: string): Promise<'tagged' | 'conflict'>
}
