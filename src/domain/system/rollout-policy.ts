/** How traffic moves to a new release, and what is asked meanwhile: `rollout` of sluice.yml. Durations are milliseconds. */
export interface RolloutPolicy {
  readonly strategy: 'rolling' | 'canary' | 'linear' | 'blue-green'
  /** Rising percentages of traffic, the last one 100. */
  readonly steps: readonly [number, ...number[]]
  /** How long each step is watched. */
  readonly bake: number
  readonly checks: readonly Check[]
  /** Time for a new revision to become healthy, and for the whole rollout to end. */
  readonly startTimeout: number
  readonly timeout: number
  readonly allowZero: boolean
}

export type Check =
  | {
      readonly kind: 'http'
      readonly path: string
      /** Only this service; absent: every service with a port. */
      readonly service?: string
      readonly status: number
      readonly contains?: string
      /** 95th percentile of the probes' latency, milliseconds. */
      readonly p95?: number
      readonly requests: number
    }
  | { readonly kind: 'alarm'; readonly alarm: string }
  | {
      readonly kind: 'error-rate'
      readonly service?: string
      /** A share: 0.01 is one percentage point. */
      readonly margin: number
      readonly minRequests: number
      readonly alpha: number
    }
  | {
      readonly kind: 'latency'
      readonly service?: string
      /** Of what real requests took, milliseconds. */
      readonly p95: number
      readonly minRequests: number
    }
