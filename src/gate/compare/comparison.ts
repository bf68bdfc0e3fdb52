import type { Metric } from '../metrics/metric.ts'
import type { Interval } from '../statistics/proportions.ts'

/** Both models on one metric and the same rows. Differences and intervals are signed so that more is better. */
export interface Comparison {
  readonly metric: string
  readonly champion: number | null
  readonly challenger: number
  /** null without a champion. */
  readonly difference: number | null
  /** Rows. */
  readonly n: number
  /** What was resampled or counted as independent: rows, clusters or queries. */
  readonly units: number
  readonly method: string
  /** Two-sided 1 - 2 alpha; null where the rows cannot give one. */
  interval(alpha: number): Interval | null
  /** Standard error of the difference, for power; null where unknown. */
  readonly error: number | null
  /** Why there is no interval although there are two models. */
  readonly trouble?: {
    readonly rule: 'undefined-metric' | 'one-class' | 'too-few-rows'
    readonly text: string
  }
}

export interface CompareOptions {
  readonly metric: Metric
  readonly direction: 'higher' | 'lower'
  /** Superiority and non-inferiority of proportions have different exact methods. */
  readonly rule: 'superior' | 'noninferior'
  readonly resamples: number
  /** Digest and purpose that the random stream is derived from. */
  readonly seed: string
  readonly purpose: string
}

export function signed(options: CompareOptions, champion: number, challenger: number): number {
  return options.direction === 'higher' ? challenger - champion : champion - challenger
}

/** A comparison that ends at the values: no champion, or no interval for a reason. */
export function withoutInterval(
  options: CompareOptions,
  values: { champion: number | null; challenger: number; n: number },
  trouble?: Comparison['trouble'],
): Comparison {
  const { champion, challenger, n } = values
  return {
    metric: options.metric.name,
    champion,
    challenger,
    difference: champion === null ? null : signed(options, champion, challenger),
    n,
    units: n,
    method: 'value',
    interval: () => null,
    error: null,
    ...(trouble === undefined ? {} : { trouble }),
  }
}
