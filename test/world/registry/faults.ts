/** What happens to one request at the fake registry. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly code?: string
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** The answer stops after so many bytes of its body; `hang` without an end, else with the connection. */
  | { readonly kind: 'truncate'; readonly after: number; readonly hang?: boolean }
  /** One byte of the answer's body is another. */
  | { readonly kind: 'corrupt'; readonly at: number }
  /** The connection ends when so many bytes of the request's body have come; they are kept. */
  | { readonly kind: 'cut'; readonly after: number }
  /** It is done, and the answer is lost. */
  | { readonly kind: 'lost' }
  /** Something else happens first: a tag moves, a token ends. */
  | { readonly kind: 'meanwhile'; readonly happens: () => void }

export interface Asked {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** From 1. */
  readonly number: number
}

export type FaultPlan = (asked: Asked) => Fault | undefined

/** The fault strikes the first `times` requests that match. */
export function strike(method: string, path: RegExp, fault: Fault, times = 1): FaultPlan {
  let left = times
  return (asked) => {
    if (left === 0 || asked.method !== method || !path.test(asked.path)) return undefined
    left--
    return fault
  }
}
