import type { Digest } from '../../../../../src/domain/digest.ts'

/** How the copies of an image behave once ECS starts them. Times are milliseconds. */
export interface TaskBehaviour {
  /** Until a copy runs and is healthy; default 30 s. */
  readonly startsIn?: number
  /** Copies end instead of running, with this exit code, or before there was a container. */
  readonly fails?: { readonly exitCode?: number; readonly reason: string }
  /** The load balancer gets this status at the health path. */
  readonly answers?: number
  /** The digest that ECS says a copy runs. */
  readonly runs?: Digest
  /** The container's own health check fails, though it runs. */
  readonly unhealthy?: boolean
  /** Copies end this long after their first traffic. */
  readonly diesAfter?: number
}

export interface EcsRules {
  /** By image reference. */
  readonly behaviour: (image: string) => TaskBehaviour
  /** Whether ECS fails to go back. */
  rollbackFails: boolean
}

/** What a deployment takes beside its copies, in milliseconds. */
export const TIMES = {
  /** Until ECS begins. */
  pending: 1_000,
  /** One shift of traffic. */
  shift: 5_000,
  /** Copies without traffic end their requests. */
  drain: 20_000,
} as const
