import type { Check } from '../domain/system/rollout-policy.ts'
import { differenceInterval } from './two-proportions.ts'

/** `inconclusive` never promotes (promise R31). */
export type CheckAnswer = {
  readonly says: 'pass' | 'fail' | 'inconclusive'
  readonly why: string
}

/** One probe. An exchange that gave no answer says nothing about the release: `status` is null then. */
export interface Probe {
  readonly status: number | null
  /** Whether the body held `contains`; true where nothing is asked. */
  readonly contains: boolean
  /** Milliseconds. */
  readonly latency: number
  /** Why there is no answer. */
  readonly error?: string
}

export function judgeProbes(check: Extract<Check, { kind: 'http' }>, probes: readonly Probe[]): CheckAnswer {
  const answered = probes.filter((probe) => probe.status !== null)
  const wrong = answered.find((probe) => probe.status !== check.status)
  if (wrong !== undefined) return answer('fail', `status ${wrong.status} instead of ${check.status}`)
  if (answered.some((probe) => !probe.contains)) {
    return answer('fail', `the answer does not contain "${check.contains ?? ''}"`)
  }
  const silent = probes.find((probe) => probe.status === null)
  if (silent !== undefined) {
    const count = probes.length - answered.length
    return answer(
      'inconclusive',
      `${count} of ${probes.length} probes got no answer: ${silent.error ?? 'unknown'}`,
    )
  }
  if (probes.length < check.requests || probes.length === 0) {
    return answer('inconclusive', `${probes.length} probes of ${check.requests}`)
  }
  if (check.p95 === undefined) return answer('pass', `${probes.length} probes answered ${check.status}`)
  const p95 = percentile95(probes.map((probe) => probe.latency))
  if (!Number.isFinite(p95)) return answer('inconclusive', 'the latency was not measured')
  const text = `p95 ${Math.round(p95)} ms of ${check.p95} ms allowed`
  return answer(p95 <= check.p95 ? 'pass' : 'fail', text)
}

/** Nearest rank; NaN where one value is not a number. */
export function percentile95(values: readonly number[]): number {
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) return Number.NaN
  return values.toSorted((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1] ?? Number.NaN
}

/** What the platform has measured of real requests. */
export interface Measured {
  readonly requests: number
  /** Milliseconds. */
  readonly p95: number
}

/**
 * Do 95 of 100 real requests take no longer than they may? A percentile has no error bounds here, because platforms tell no single
 * requests; so it is held against a limit of the user's own and not against the release before, and of few requests it says nothing.
 */
export function judgeLatency(
  check: Pick<Extract<Check, { kind: 'latency' }>, 'p95' | 'minRequests'>,
  measured: Measured | undefined,
): CheckAnswer {
  if (measured === undefined) return answer('inconclusive', 'no latency was measured')
  const { requests, p95 } = measured
  if (!Number.isFinite(requests) || requests < Math.max(1, check.minRequests)) {
    return answer('inconclusive', `${requests} requests, ${check.minRequests} are needed`)
  }
  if (!Number.isFinite(p95) || p95 < 0) return answer('inconclusive', `${p95} ms is not a latency`)
  const text = `p95 ${Math.round(p95)} ms of ${requests} requests, ${check.p95} ms allowed`
  return answer(p95 <= check.p95 ? 'pass' : 'fail', text)
}

/** Requests in the same time, and how many of them failed. */
export interface RequestCount {
  readonly requests: number
  readonly errors: number
}

/**
 * Is the new revision's error rate worse by `margin` (a share, 0.01 is one point) than the old one's? The two-sided
 * 1 - 2 alpha interval of the difference decides, as in the gate: pass where all of it lies below the margin, fail where
 * all of it lies above. So a release that is worse by the margin passes at most alpha of the time, and an equal one
 * fails at most alpha of the time.
 */
export function judgeErrorRate(
  check: Pick<Extract<Check, { kind: 'error-rate' }>, 'margin' | 'minRequests' | 'alpha'>,
  live: RequestCount | undefined,
  next: RequestCount | undefined,
): CheckAnswer {
  if (live === undefined || next === undefined) return answer('inconclusive', 'no requests were counted')
  for (const { requests, errors } of [live, next]) {
    if (!Number.isSafeInteger(requests) || !Number.isSafeInteger(errors) || errors < 0 || errors > requests) {
      return answer('inconclusive', `${errors} errors of ${requests} requests is not a count`)
    }
    if (requests < Math.max(1, check.minRequests)) {
      return answer('inconclusive', `${requests} requests, ${check.minRequests} are needed`)
    }
  }
  const [low, high] = differenceInterval(live, next, check.alpha)
  const text = `errors ${percent(next)} against ${percent(live)}, margin ${(100 * check.margin).toFixed(2)} points`
  if (!(low <= high) || !Number.isFinite(check.margin)) return answer('inconclusive', text)
  return answer(high < check.margin ? 'pass' : low > check.margin ? 'fail' : 'inconclusive', text)
}

export function judgeAlarm(state: 'ok' | 'alarm' | 'insufficient-data' | undefined): CheckAnswer {
  switch (state) {
    case 'ok':
      return answer('pass', 'the alarm is silent')
    case 'alarm':
      return answer('fail', 'the alarm is raised')
    case 'insufficient-data':
    case undefined:
      return answer('inconclusive', 'the alarm has no data')
    default:
      return state satisfies never
  }
}

/** The worst of several; of none: inconclusive. */
export function worst(answers: readonly CheckAnswer[]): CheckAnswer {
  return (
    answers.find((one) => one.says === 'fail') ??
    answers.find((one) => one.says === 'inconclusive') ??
    answers[0] ??
    answer('inconclusive', 'nothing was measured')
  )
}

const answer = (says: CheckAnswer['says'], why: string): CheckAnswer => ({ says, why })
const percent = ({ requests, errors }: RequestCount): string => `${((100 * errors) / requests).toFixed(2)} %`
