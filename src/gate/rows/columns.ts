/** What a column of the rows is read as: row identity, one of few texts, or a number. */
export type ColumnUse = 'key' | 'category' | 'number'

export interface ColumnRequest {
  readonly column: string
  readonly use: ColumnUse
  /** Categories of columns with the same dictionary have comparable codes: labels and predictions share one. */
  readonly dictionary: string
}

/** Texts as small integers. Code 0 is "nothing there"; `values[code]` is the text. */
export interface CategoryColumn {
  readonly codes: Uint8Array | Uint32Array
  readonly values: readonly string[]
}

/**
 * Row identities as 64 bits in two words. Whole numbers below 2^30 are stored as they are (high word 0), all other texts
 * by a 63-bit hash with the top bit set: at 10^7 rows a chance collision has a probability below 1e-5, and would refuse,
 * never promote.
 */
export interface KeyColumn {
  readonly high: Uint32Array
  readonly low: Uint32Array
}

/** What a cell held that its column cannot use. */
export type CellFault = 'empty' | 'null' | 'not-a-number' | 'infinite' | 'text' | 'boolean' | 'mixed-types'

export interface CellProblem {
  readonly column: string
  readonly fault: CellFault
  /** Rows with this fault. */
  readonly count: number
  /** The first of them, from 1, the header not counted. */
  readonly row: number
}

/** Rows as columns: only those that were asked for. */
export interface Rows {
  readonly count: number
  readonly categories: ReadonlyMap<string, CategoryColumn>
  readonly numbers: ReadonlyMap<string, Float64Array>
  readonly keys: ReadonlyMap<string, KeyColumn>
  readonly problems: readonly CellProblem[]
}

/** Bytes of the rows file, in order. */
export type ByteSource = AsyncIterable<Uint8Array>
