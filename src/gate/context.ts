import type { Digest, ImageReference } from '../domain/digest.ts'
import type { KeyColumn } from './rows/columns.ts'

/** What a decision depends on beside the evidence, its rows and the policy: facts that the caller has looked up. */
export interface GateContext {
  /** Digest of evaluation.json and its rows: also the seed of every random stream. */
  readonly evidence: Digest
  /** Digest of the rows file; null without rows. */
  readonly rows: Digest | null
  /** Which look at this model and data set this is, from 1. */
  readonly look: number
  /** Keys that stand twice in one object of the evidence: JSON lets the last one win. */
  readonly duplicateKeys?: readonly string[]
  /** Hashes of training rows, where the evidence names their file. */
  readonly trained?: KeyColumn
  /** Size of the challenger's artifact, bytes, where the registry knows it. */
  readonly size?: number
  /** What registry and build say; a member that is absent was not asked for. */
  readonly facts?: {
    /** null: the registry has no such version. */
    readonly model?: Digest | null
    readonly champion?: Digest | null
    readonly image?: ImageReference
    readonly code?: string
  }
}
