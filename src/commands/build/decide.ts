import type { Digest } from '../../domain/digest.ts'
import type { ImageRecord, ImagesFile } from '../../domain/system/images.ts'
import type { Image } from '../../domain/system/system.ts'

/** What `build` does with one image. */
export type ImagePlan = {
  readonly name: string
  readonly fingerprint: Digest
  /** In words for people. */
  readonly why: string
} & (
  | { readonly decision: 'known'; readonly record: ImageRecord }
  | { readonly decision: 'build' | 'mirror'; readonly record: null }
)

export type BuildPlan = readonly ImagePlan[]

export interface Finding {
  readonly image: Image
  readonly fingerprint: Digest
  /** What the registry has of this fingerprint. */
  readonly found: ImageRecord | undefined
}

/** @param before images.json of the last build. */
export function planBuild(findings: readonly Finding[], before: ImagesFile['images']): BuildPlan {
  return findings.map(({ image, fingerprint, found }): ImagePlan => {
    const { name } = image
    if (found !== undefined) {
      return { name, fingerprint, decision: 'known', record: found, why: 'made before from the same content' }
    }
    const last = before[name]
    const decision = image.kind === 'build' ? 'build' : 'mirror'
    const why =
      last === undefined
        ? 'not made in this environment yet'
        : last.fingerprint === fingerprint
          ? 'the registry has it no more'
          : 'its content changed'
    return { name, fingerprint, decision, record: null, why }
  })
}
