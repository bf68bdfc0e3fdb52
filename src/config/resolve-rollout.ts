import { bug } from '../domain/error.ts'
import type { Check, RolloutPolicy } from '../domain/system/rollout-policy.ts'
import type { Cloud } from '../domain/system/system.ts'
import { given, milliseconds, percentage } from './convert.ts'
import type { Config } from './schema/config.ts'

type Raw = Config['rollout']

/** Shares of the traffic where `rollout.steps` says nothing. */
export const DEFAULT_STEPS: Readonly<Record<Raw['strategy'], readonly [number, ...number[]]>> = {
  rolling: [100],
  canary: [10, 50, 100],
  linear: [20, 40, 60, 80, 100],
  'blue-green': [100],
}

/** ECS shifts a canary once and then all the rest. */
const DEFAULT_STEPS_AWS = { ...DEFAULT_STEPS, canary: [10, 100] } as const

export function defaultSteps(cloud: Cloud | undefined): typeof DEFAULT_STEPS {
  return cloud === 'aws' ? DEFAULT_STEPS_AWS : DEFAULT_STEPS
}

export function resolveRollout(raw: Raw, cloud: Cloud): RolloutPolicy {
  const [first, ...others] = raw.steps?.map(percentage) ?? []
  return {
    strategy: raw.strategy,
    steps: first === undefined ? defaultSteps(cloud)[raw.strategy] : [first, ...others],
    bake: milliseconds(raw.bake),
    checks: raw.checks.map(check),
    startTimeout: milliseconds(raw['start-timeout']),
    timeout: milliseconds(raw.timeout),
    allowZero: raw['allow-zero'],
  }
}

function check(raw: Raw['checks'][number]): Check {
  const rate = raw['error-rate']
  if (raw.alarm !== undefined) return { kind: 'alarm', alarm: raw.alarm }
  if (rate !== undefined) {
    return given({
      kind: 'error-rate' as const,
      service: rate.service,
      // Percentage points in the file, a share in the test.
      margin: rate.margin / 100,
      minRequests: rate['min-requests'],
      alpha: rate.alpha,
    })
  }
  if (raw.latency !== undefined) {
    return given({
      kind: 'latency' as const,
      service: raw.latency.service,
      p95: milliseconds(raw.latency.p95),
      minRequests: raw.latency['min-requests'],
    })
  }
  if (raw.http === undefined) throw bug('a check passed the checks and is of no kind')
  return given({
    kind: 'http' as const,
    path: raw.http,
    service: raw.service,
    status: raw.status ?? 200,
    contains: raw.contains,
    p95: raw.p95 === undefined ? undefined : milliseconds(raw.p95),
    requests: raw.requests ?? 20,
  })
}
