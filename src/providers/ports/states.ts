/** What `bootstrap` finds, or leaves, before the first stack of an environment. */
export interface StateGround {
  /** URI of the bucket that holds the states. */
  readonly place: string
  readonly parts: readonly { readonly what: string; readonly state: 'there' | 'missing' }[]
}

/**
 * Where the Terraform states of an environment lie, and what else its account shares among environments. It comes before any
 * stack, so it is reached without opening the provider.
 */
export interface StateStore {
  /**
   * Changes nothing.
   *
   * @throws SluiceError refused where it belongs to somebody else or stands elsewhere
   */
  inspect(): Promise<StateGround>
  /** Makes what is missing. It may be repeated, cut off, and run twice at once: there is one in the end (promise R21). */
  ensure(): Promise<StateGround>
  close(): Promise<void>
}
