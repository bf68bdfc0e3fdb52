import type { Evaluation } from '../../domain/models/evaluation.ts'
import type { GatePolicy } from '../../domain/models/policy.ts'
import type { Reason } from '../../domain/models/verdict.ts'
import { nearestName } from '../../domain/nearest.ts'
import { builtIn, metricOf } from '../metrics/catalog.ts'
import { askedMetrics, missingRoles } from '../plan.ts'
import { reason, shown } from '../reasons.ts'
import { outOfRange, rangeText } from './policy.ts'

type Side = 'challenger' | 'champion'

/**
 * The metrics that the evidence states in numbers (promise R37): each must be a known metric with a finite number in its
 * range, on both sides or on none.
 */
export function statedBreaches(evidence: Evaluation, policy: GatePolicy): Reason[] {
  const { challenger, champion } = evidence.metrics ?? {}
  return [
    ...sideBreaches('challenger', challenger ?? {}, evidence, policy),
    ...sideBreaches('champion', champion ?? {}, evidence, policy),
    ...(evidence.champion === null ? [] : unpairedMetrics(challenger, champion)),
    ...missingMetrics(evidence, policy),
  ]
}

function sideBreaches(
  side: Side,
  metrics: Readonly<Record<string, unknown>>,
  evidence: Evaluation,
  policy: GatePolicy,
): Reason[] {
  const canonical = new Map<string, string>()
  return Object.entries(metrics).flatMap(([name, value]) => {
    const metric = metricOf(name, policy.metrics)
    if (typeof metric === 'string') return [unknownMetric(side, name, metric, evidence, policy)]
    const meant = aliasKey(name, policy)
    const twin = canonical.get(meant)
    canonical.set(meant, name)
    const fault = valueFault(value)
    const own = `${name} of the ${side}`
    if (fault !== undefined) return [reason(fault.rule, 'reject', `${own} is ${fault.text}`, name)]
    const range = outOfRange(metric, Number(value))
    if (range !== undefined) {
      return [reason(range, 'reject', `${own} is ${shown(Number(value))}, ${rangeText(metric, range)}`, name)]
    }
    return twin === undefined
      ? []
      : [reason('duplicate-metric', 'reject', `${own} is the same metric as ${twin}: stated twice`, name)]
  })
}

/** Two names of one built-in metric have one key. */
function aliasKey(name: string, policy: GatePolicy): string {
  if (policy.metrics[name] !== undefined) return name
  const metric = builtIn(name)
  return metric === undefined ? name : JSON.stringify({ ...metric, name: aliasOf(name) })
}

function aliasOf(name: string): string {
  const aliases: Readonly<Record<string, string>> = {
    auc: 'roc_auc',
    average_precision: 'pr_auc',
    ece: 'calibration_error',
    logloss: 'log_loss',
    brier_score: 'brier',
  }
  return aliases[name] ?? name
}

function unknownMetric(
  side: Side,
  name: string,
  text: string,
  evidence: Evaluation,
  policy: GatePolicy,
): Reason {
  const stated = evidence.metrics?.[side] ?? {}
  const lost = askedMetrics(policy).filter((asked) => stated[asked] === undefined)
  const near = nearestName(name, lost) ?? lost.find((asked) => name.includes(asked))
  return near === undefined
    ? reason('unknown-metric', 'reject', `${text} (stated for the ${side})`, name)
    : reason('renamed-metric', 'reject', `the policy asks for ${near}; the ${side} has ${name} instead`, near)
}

function valueFault(value: unknown): { rule: string; text: string } | undefined {
  if (value === undefined) return { rule: 'missing-metric', text: 'not there' }
  if (value === null) return { rule: 'null', text: 'null' }
  if (typeof value === 'boolean') return { rule: 'boolean', text: `${value}, a boolean` }
  if (typeof value === 'string')
    return { rule: 'text', text: `the text ${JSON.stringify(value)}, not a number` }
  if (typeof value !== 'number') return { rule: 'wrong-type', text: 'not a number' }
  if (Number.isNaN(value)) return { rule: 'not-a-number', text: 'NaN' }
  return Number.isFinite(value) ? undefined : { rule: 'infinite', text: String(value) }
}

function unpairedMetrics(
  challenger: Readonly<Record<string, unknown>> | undefined,
  champion: Readonly<Record<string, unknown>> | undefined,
): Reason[] {
  if (challenger === undefined || champion === undefined) return []
  const only = (side: Side, mine: object, other: object): Reason[] =>
    Object.keys(other)
      .filter((name) => !(name in mine))
      .map((name) =>
        reason(
          'missing-metric',
          'reject',
          `${name} is stated for one model only: the ${side} lacks it`,
          name,
        ),
      )
  return [...only('challenger', challenger, champion), ...only('champion', champion, challenger)]
}

/** Asked for, but neither in the rows nor (for limits on the challenger) stated. */
function missingMetrics(evidence: Evaluation, policy: GatePolicy): Reason[] {
  return askedMetrics(policy).flatMap((name) => {
    const metric = metricOf(name, policy.metrics)
    if (typeof metric === 'string' || metric.family === 'stated') return []
    const missing = missingRoles(metric, evidence)
    if (missing.length === 0) return []
    if (evidence.rows !== undefined) {
      const text = `${name} cannot be computed: the evidence names no column for ${[...new Set(missing)].join(', ')}`
      return [reason('missing-metric', 'reject', text, name)]
    }
    return evidence.metrics?.challenger?.[name] === undefined
      ? [
          reason(
            'missing-metric',
            'reject',
            `the challenger has no ${name}, and there are no rows to compute it from`,
            name,
          ),
        ]
      : []
  })
}

/**
 * Whether stated numbers are those of the rows, as exactly as they are written: a difference is a metric of another run, a
 * stale cache or a model that graded itself.
 */
export function selfGraded(
  side: Side,
  stated: Readonly<Record<string, unknown>>,
  computed: ReadonlyMap<string, number>,
): Reason[] {
  return [...computed].flatMap(([name, value]) => {
    const claim = stated[name]
    if (typeof claim !== 'number' || !Number.isFinite(value)) return []
    if (Math.abs(claim - value) <= tolerance(claim, value)) return []
    const text = `${name} of the ${side} is stated as ${claim}, but its rows give ${shown(value)}`
    return [reason('self-graded', 'reject', text, name)]
  })
}

/** One unit of the last decimal that is written, at most half a percent of the metric's size. */
function tolerance(claim: number, value: number): number {
  const decimals = /\.(\d+)(?:e([+-]\d+))?$/.exec(String(claim))
  const written = decimals === null ? 1 : 10 ** (Number(decimals[2] ?? 0) - (decimals[1]?.length ?? 0))
  const size = Math.max(1, Math.abs(value))
  return Math.max(1e-6 * size, Math.min(written, 0.005 * size))
}
