import type { Named } from '../named.ts'
import type { Size } from './container.ts'

export interface Pipeline {
  readonly name: string
  /** `monthly`, `weekly`, `daily` or a GitHub cron. */
  readonly schedule?: string
  readonly parameters: Named<string>
  readonly steps: Named<Step>
}

/**
 * A place that a step reads or writes: an object or a prefix (trailing `/`) in one of the system's buckets, or, for
 * inputs only, a file of the repository.
 */
export type Location =
  | { readonly kind: 'bucket'; readonly bucket: string; readonly path: string }
  | { readonly kind: 'file'; readonly path: string }

export interface Step {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly needs: readonly string[]
  readonly inputs: Named<Location>
  readonly outputs: Named<Location>
  /** Those of the pipeline's parameters that it is given and depends on; absent: all. */
  readonly parameters?: readonly string[]
  readonly env: Named<string>
  readonly secrets: Named<string>
  readonly connects: readonly string[]
  /** Where it runs in a cloud; `process` on local. */
  readonly engine?: Engine
  readonly size: Size
  readonly gpu: number
  readonly machine?: string
  readonly nodes: number
  /** Containers that share the work, each told its number; on Batch alone. */
  readonly array?: number
  readonly spot: boolean
  readonly timeout: number
  readonly retries: number
  /** US dollars that a run of this step may cost. */
  readonly maxCost?: number
}

export const ENGINES = [
  'process',
  'docker',
  'ecs',
  'ec2',
  'batch',
  'sagemaker',
  'cloud-run',
  'vertex',
] as const
export type Engine = (typeof ENGINES)[number]
