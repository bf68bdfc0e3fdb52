/** What happens to one request at the simulated GitHub. */
export type Fault =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** It is done, and the answer is lost. */
  | { readonly kind: 'lost' }
  /** The connection breaks before anything is done. */
  | { readonly kind: 'broken' }
  /** Something else happens first: a push, another run's comment. */
  | { readonly kind: 'meanwhile'; readonly happens: () => void }

export interface Asked {
  readonly method: string
  /** With the query, without the origin: `/repos/acme/shop/issues/7/comments?per_page=100`. */
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

/** A secondary limit as GitHub tells it: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits */
export function secondaryLimit(retryAfter?: number): Fault {
  return {
    kind: 'status',
    status: 403,
    message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
  }
}

/** The primary limit is used up until `reset`, milliseconds since the epoch. */
export function primaryLimit(reset: number): Fault {
  return {
    kind: 'status',
    status: 403,
    message: 'API rate limit exceeded for installation ID 1.',
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(reset / 1000)) },
  }
}
