import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { type Answer, ok, refusal } from './answer.ts'

interface Requests {
  readonly at: number
  readonly revision: string
  readonly code: '2xx' | '5xx'
  readonly count: number
}

interface Timed {
  readonly at: number
  readonly revision: string
  /** Milliseconds. */
  readonly took: number
}

/** Bounds between which latencies are counted: 66 of them, each 1.4 times the one before. */
const LATENCIES = { numFiniteBuckets: 66, growthFactor: 1.4, scale: 1 }

/** Policies with their alerts, and request counts of revisions: https://cloud.google.com/monitoring/api/ref_v3/rest */
export class Monitoring {
  /** `projects/p/alertPolicies/1` -> enabled. */
  readonly policies = new Map<string, { enabled: boolean }>()
  /** Names of policies that ring. */
  readonly ringing = new Set<string>()
  readonly requests: Requests[] = []
  readonly #timed: Timed[] = []
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  count(revision: string, code: Requests['code'], count: number): void {
    this.requests.push({ at: this.#clock.now(), revision, code, count })
  }

  /** One request of a revision, and how long it took, milliseconds. */
  time(revision: string, took: number): void {
    this.#timed.push({ at: this.#clock.now(), revision, took })
  }

  answer(method: string, url: URL): Answer | undefined {
    if (method !== 'GET' || !url.pathname.startsWith('/v3/')) return undefined
    const path = url.pathname.slice('/v3/'.length)
    if (path.includes('/alertPolicies/')) {
      const found = this.policies.get(path)
      return found === undefined
        ? refusal('NOT_FOUND', `no policy ${path}`)
        : ok({ name: path, enabled: found.enabled })
    }
    if (path.endsWith('/alerts')) {
      const alerts = [...this.ringing].map((name, index) => ({
        name: `${path}/${index + 1}`,
        state: 'OPEN',
        policy: { name },
      }))
      return ok({ alerts })
    }
    if (path.endsWith('/timeSeries')) return ok({ timeSeries: this.#series(url.searchParams) })
    return undefined
  }

  #series(query: URLSearchParams): readonly object[] {
    const from = Date.parse(query.get('interval.startTime') ?? '')
    const to = Date.parse(query.get('interval.endTime') ?? '')
    const revisions = [...(query.get('filter') ?? '').matchAll(/revision_name="([^"]+)"/g)].map(
      ([, name]) => name,
    )
    if ((query.get('filter') ?? '').includes('request_latencies')) {
      const took = this.#timed
        .filter(({ at, revision }) => at >= from && at <= to && revisions.includes(revision))
        .map((one) => one.took)
      return took.length === 0 ? [] : [{ points: [{ value: { distributionValue: distributed(took) } }] }]
    }
    const sums = new Map<string, number>()
    for (const { at, revision, code, count } of this.requests) {
      if (at < from || at > to || !revisions.includes(revision)) continue
      sums.set(code, (sums.get(code) ?? 0) + count)
    }
    return [...sums].map(([code, count]) => ({
      metric: { labels: { response_code_class: code } },
      points: [{ value: { int64Value: String(count) } }],
    }))
  }
}

function distributed(values: readonly number[]): object {
  const counts: number[] = []
  for (const value of values) {
    const { scale, growthFactor, numFiniteBuckets } = LATENCIES
    const index = value < scale ? 0 : Math.floor(Math.log(value / scale) / Math.log(growthFactor)) + 1
    const bucket = Math.min(index, numFiniteBuckets + 1)
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  return {
    count: String(values.length),
    bucketOptions: { exponentialBuckets: LATENCIES },
    bucketCounts: Array.from(counts, (count = 0) => String(count)),
  }
}
