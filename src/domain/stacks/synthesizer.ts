import type { ImageReference } from '../digest.ts'
import type { Named } from '../named.ts'
import type { System } from '../system/system.ts'

/** A file or folder of the repository that a stack carries beside its cdk.tf.json. */
export interface Asset {
  /** Where it goes, relative to the folder of the stack: `assets/upload.zip`. */
  readonly path: string
  /** What it is made of, relative to sluice.yml. */
  readonly source: string
  readonly how: 'copy' | 'zip'
}

/** One Terraform configuration with a state of its own. */
export interface Stack {
  readonly name: string
  /** Stacks that are applied before it. */
  readonly dependsOn: readonly string[]
  /** Content of cdk.tf.json. */
  readonly json: Readonly<Record<string, unknown>>
  readonly assets: readonly Asset[]
  /** What changes its address because its name in sluice.yml changed; also in `json`, as Terraform's `moved`. */
  readonly moved?: readonly Move[]
}

/** A resource of Terraform that gets another address and stays what it is. */
export interface Move {
  /** `aws_ecs_service.service-api_service_454F4786`. */
  readonly from: string
  readonly to: string
  /** Its name in the cloud, where that cannot change: it is made again, and what it holds does not come along. */
  readonly replaced?: string
}

export interface Synthesis {
  readonly system: System
  /** images.json, as far as `build` has come. */
  readonly images: Named<ImageReference>
}

/**
 * System -> stacks, in the order in which they are applied. Pure: the same input gives the same stacks.
 */
export interface Synthesizer {
  synthesize(input: Synthesis): Promise<readonly Stack[]>
}
