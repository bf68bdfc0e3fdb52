/** How a new version of a function is asked before it gets any traffic. */
export type FunctionCheck =
  /** It is called with this event, and must end without an error. */
  | {
      readonly kind: 'event'
      readonly payload: Readonly<Record<string, unknown>>
      readonly contains?: string
    }
  /** It is called as its HTTP API would call it for a GET of this path. */
  | { readonly kind: 'http'; readonly path: string; readonly status: number; readonly contains?: string }
