/** What a cloud has put on the bill for one environment, by the tags or labels of its resources. */
export interface Billed {
  /** By stack; what has no stack of its own stands under an empty name. */
  readonly lines: readonly { readonly stack: string; readonly amount: number }[]
  /** ISO 4217: `USD`. */
  readonly currency: string
  /** The last day that is on the bill, `2026-11-20`; null where nothing was found. */
  readonly upTo: string | null
  /** How far a bill is behind what runs, in the cloud's own words. */
  readonly delay: string
  /** What to do where nothing is found. */
  readonly unfound: string
}

export interface Billing {
  /**
   * @param since first day, `2026-10-22`
   * @param before the day after the last one
   * @throws SluiceError cannot-observe where a permission is missing, which it names
   */
  billed(since: string, before: string): Promise<Billed>
}
