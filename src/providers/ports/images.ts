import type { Digest, ImageReference } from '../../domain/digest.ts'
import type { ImageRecord } from '../../domain/system/images.ts'
import type { Image } from '../../domain/system/system.ts'

/** A registry of images and whatever builds them. */
export interface ImageStore {
  /** The image that was made from this fingerprint, if the registry still has it. */
  find(name: string, fingerprint: Digest): Promise<ImageRecord | undefined>
  /** Builds (or mirrors) and pushes. */
  publish(image: Image, fingerprint: Digest): Promise<ImageRecord>
  /**
   * The digest that the name of an upstream image has now, asked for once (promise R27). Absent where nothing of an
   * upstream image gets into ours: on cloud `local`.
   */
  resolve?(reference: string): Promise<Digest>
  /**
   * Reads back what is there; undefined where the digest is unknown. `whole` holds every layer against its digest as well,
   * which in a registry moves all of the image.
   */
  inspect(
    reference: ImageReference,
    depth?: 'whole',
  ): Promise<
    | {
        digest: Digest
        size: number
        platforms: readonly string[]
        labels: Readonly<Record<string, string>>
        /** Types of attached statements, `https://slsa.dev/provenance/v1`; absent where there is no way to attach any. */
        attestations?: readonly string[]
      }
    | undefined
  >
}
