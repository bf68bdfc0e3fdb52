import type { Check } from '../../domain/system/rollout-policy.ts'

/** What a platform measures by itself: where rollout checks look beside HTTP probes. */
export interface Observer {
  readonly kinds: readonly Exclude<Check['kind'], 'http'>[]
  /** By its name in targets.json; undefined where there is no such alarm. */
  alarm(name: string): Promise<'ok' | 'alarm' | 'insufficient-data' | undefined>
  /**
   * Requests that a revision has answered since then, milliseconds, and how many of them with 5xx; undefined where the
   * platform has counted none yet.
   */
  requests(
    service: string,
    revision: string,
    since: number,
  ): Promise<{ readonly requests: number; readonly errors: number } | undefined>
  /**
   * What the requests took that a revision has answered since then: how many were measured, and their 95th percentile in
   * milliseconds, which is no finite number where the platform cannot tell it; undefined where it has measured none yet.
   */
  latency(
    service: string,
    revision: string,
    since: number,
  ): Promise<{ readonly requests: number; readonly p95: number } | undefined>
}
