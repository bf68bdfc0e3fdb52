import type { Evaluation } from '../domain/models/evaluation.ts'
import type { GatePolicy } from '../domain/models/policy.ts'
import type { MetricResult, Reason, SliceResult, Verdict } from '../domain/models/verdict.ts'
import { identityBreaches, notChecked } from './checks/identity.ts'
import { policyBreaches } from './checks/policy.ts'
import { rowBreaches, sampleBreaches } from './checks/rows.ts'
import { selfGraded, statedBreaches } from './checks/stated.ts'
import { compare } from './compare/compare.ts'
import type { Comparison } from './compare/comparison.ts'
import type { GateContext } from './context.ts'
import { boundOf, judge, neededFor, type Rule } from './judge.ts'
import { challengerValues, limitReasons } from './limits.ts'
import { metricOf } from './metrics/catalog.ts'
import type { Metric } from './metrics/metric.ts'
import { askedMetrics, knownMetrics, missingRoles } from './plan.ts'
import { countOf, reason, verdictOf } from './reasons.ts'
import type { Rows } from './rows/columns.ts'
import { type Sample, sampleOf } from './sample.ts'
import { judgeSlices, type SliceJudgement } from './slices.ts'
import { detectableDistance, powerAt, spentAlpha } from './statistics/multiplicity.ts'

/** What the rows say, once they are known to be sound. */
interface Findings {
  readonly reasons: readonly Reason[]
  readonly metrics: readonly MetricResult[]
  readonly slices: readonly SliceResult[]
  readonly power: Verdict['power']
}

/**
 * The gate. Nothing is promoted that was not shown: any breach of the evidence, of the policy or of a limit rejects, any doubt
 * is inconclusive, and only where every rule says promote is the verdict promote (promises R37 to R41). A pure function: the
 * same arguments give the same verdict, byte for byte (R42).
 *
 * `rows` is null where the evidence has none; floors, ceilings and budgets are then checked against what it states, and no
 * comparison is made.
 */
export function decide(
  evidence: Evaluation,
  rows: Rows | null,
  policy: GatePolicy,
  context: GateContext,
): Verdict {
  const wrongPolicy = policyBreaches(policy)
  const breaches = [
    ...wrongPolicy,
    ...identityBreaches(evidence, context),
    // A policy without sense names no metrics to look for.
    ...(wrongPolicy.length > 0 ? [] : statedBreaches(evidence, policy)),
    ...(rows === null ? [] : rowBreaches(evidence, rows, context)),
  ]
  const findings = breaches.length > 0 ? NOTHING : look(evidence, rows, policy, context)
  const reasons = [...breaches, ...findings.reasons]
  const { model, champion } = evidence
  return {
    schema: 'sluice.verdict/v1',
    verdict: verdictOf(reasons),
    reasons,
    metrics: [...findings.metrics],
    slices: [...findings.slices],
    policy,
    power: findings.power,
    model: { name: model.name, version: model.version ?? null, digest: model.digest },
    champion: champion === null ? null : { version: champion.version ?? null, digest: champion.digest },
    image: evidence.image ?? null,
    dataset: { digest: evidence.dataset.digest, rows: rows?.count ?? evidence.dataset.rows ?? null },
    code: evidence.code ?? null,
    seed: evidence.seed ?? null,
    run: evidence.run,
    evidence: context.evidence,
    look: context.look,
    alpha: { look: spent(policy, context), looks: policy.looks },
    unchecked: notChecked(evidence, context),
  }
}

const NOTHING: Findings = { reasons: [], metrics: [], slices: [], power: null }

function spent(policy: GatePolicy, { look: number }: GateContext): number {
  return spentAlpha(policy.primary?.alpha ?? 0, number, policy.looks ?? 1)
}

function look(evidence: Evaluation, rows: Rows | null, policy: GatePolicy, context: GateContext): Findings {
  if (rows === null) return withoutRows(evidence, policy, context)
  if (rows.count === 0) {
    return {
      ...NOTHING,
      reasons: [reason('no-rows', 'inconclusive', 'the evidence has no rows: nothing was measured')],
    }
  }
  const sample = sampleOf(evidence, rows)
  const metrics = knownMetrics(evidence, policy).filter(
    (metric) => missingRoles(metric, evidence).length === 0,
  )
  const broken = sampleBreaches(sample, metrics, policy)
  if (broken.length > 0) return { ...NOTHING, reasons: broken }
  const compared = compareAll(sample, metrics, policy, context)
  const computed = new Map(compared.map(({ metric, challenger }) => [metric, challenger]))
  const graded = [
    ...selfGraded('challenger', evidence.metrics?.challenger ?? {}, computed),
    ...selfGraded('champion', evidence.metrics?.champion ?? {}, championValues(compared)),
  ]
  if (graded.length > 0) return { ...NOTHING, reasons: graded, metrics: results(compared, policy, context) }
  const limits = limitReasons(policy, challengerValues(evidence, computed, context))
  const decided =
    evidence.champion === null
      ? { reasons: firstModel(policy), slices: [] }
      : withChampion(sample, rows, compared, policy, context)
  return {
    reasons: [...decided.reasons, ...limits],
    metrics: results(compared, policy, context),
    slices: decided.slices,
    power: powerOf(compared, policy, context),
  }
}

function withoutRows(evidence: Evaluation, policy: GatePolicy, context: GateContext): Findings {
  const known = challengerValues(evidence, new Map(), context)
  const stated = askedMetrics(policy).flatMap((name): MetricResult[] => {
    const value = known.get(name)?.value
    if (value === undefined) return []
    const other = evidence.metrics?.champion?.[name]
    const champion = typeof other === 'number' ? other : null
    return [
      { name, champion, challenger: value, difference: null, interval: null, n: null, method: 'stated' },
    ]
  })
  const comparison =
    evidence.champion === null
      ? firstModel(policy)
      : [
          reason(
            'stored-scores',
            'inconclusive',
            `the evidence has no rows: floors are checked, but ${policy.primary.metric} is never compared by stored scores`,
            policy.primary.metric,
          ),
        ]
  return { ...NOTHING, reasons: [...comparison, ...limitReasons(policy, known)], metrics: stated }
}

/** R43: a first model passes on absolute limits alone, and only where the policy says so. */
function firstModel(policy: GatePolicy): Reason[] {
  if (!policy.bootstrap) {
    const text = 'there is no champion, and the policy does not allow a first model (bootstrap: true)'
    return [reason('no-champion', 'reject', text)]
  }
  const limits = Object.keys(policy.floors).length + Object.keys(policy.ceilings).length
  return limits === 0
    ? [
        reason(
          'no-floors',
          'reject',
          'a first model is judged by floors or ceilings, and the policy has none',
        ),
      ]
    : [
        reason(
          'bootstrap',
          'promote',
          `there is no champion: this first model is judged by ${countOf(limits, 'absolute limit')} alone`,
        ),
      ]
}

function compareAll(
  sample: Sample,
  metrics: readonly Metric[],
  policy: GatePolicy,
  context: GateContext,
): Comparison[] {
  const rules = [policy.primary, ...policy.guards]
  return metrics.flatMap((metric) => {
    const rule = rules.find((r) => r.metric === metric.name)
    const comparison = compare(sample, {
      metric,
      direction: rule?.direction ?? metric.direction ?? 'higher',
      rule: rule?.rule ?? 'noninferior',
      resamples: policy.resamples,
      seed: context.evidence,
      purpose: `metric ${metric.name}`,
    })
    return comparison === undefined ? [] : [comparison]
  })
}

function championValues(compared: readonly Comparison[]): Map<string, number> {
  return new Map(compared.flatMap(({ metric, champion }) => (champion === null ? [] : [[metric, champion]])))
}

function withChampion(
  sample: Sample,
  rows: Rows,
  compared: readonly Comparison[],
  policy: GatePolicy,
  context: GateContext,
): SliceJudgement {
  const share = spentAlpha(1, context.look, policy.looks)
  // Once the looks are used up nothing can promote; the nominal level still shows harm.
  const levelOf = (rule: Rule): number => (rule.alpha ?? policy.primary.alpha) * (share === 0 ? 1 : share)
  const judged = [policy.primary, ...policy.guards].map((rule, index) => {
    const comparison = compared.find(({ metric }) => metric === rule.metric)
    return comparison === undefined
      ? reason('missing-metric', 'reject', `${rule.metric} cannot be computed from the rows`, rule.metric)
      : judge(index === 0 ? 'primary' : 'guard', comparison, rule, levelOf(rule))
  })
  const used =
    share > 0
      ? []
      : [
          reason(
            'alpha-spent',
            'inconclusive',
            `this is look ${context.look} at this data set, and the policy plans ${policy.looks}: its error budget is spent; evaluate on fresh rows`,
          ),
        ]
  const metric = metricOf(policy.primary.metric, policy.metrics)
  const slices =
    typeof metric === 'string' || policy.slices.length === 0
      ? { reasons: [], slices: [] }
      : judgeSlices(sample, rows, metric, policy, levelOf(policy.primary), context.evidence)
  return { reasons: [...judged, ...used, ...slices.reasons], slices: slices.slices }
}

function results(compared: readonly Comparison[], policy: GatePolicy, context: GateContext): MetricResult[] {
  const alpha = spent(policy, context) || policy.primary.alpha
  const finite = (value: number | null): number | null =>
    value !== null && Number.isFinite(value) ? value : null
  return compared.map(({ metric, champion, challenger, difference, n, units, method, interval }) => {
    const rule = policy.guards.find((guard) => guard.metric === metric)
    const level =
      metric === policy.primary.metric || rule?.alpha === undefined ? alpha : rule.alpha / policy.looks
    const range = interval(level)
    return {
      name: metric,
      champion: finite(champion),
      challenger: finite(challenger),
      difference: finite(difference),
      interval: range === null ? null : [range[0], range[1]],
      n,
      method,
      units,
      alpha: level,
    }
  })
}

/** Power of the primary rule at this n: what it could have found, and how many rows would settle it. */
function powerOf(
  compared: readonly Comparison[],
  policy: GatePolicy,
  context: GateContext,
): Verdict['power'] {
  const primary = compared.find(({ metric }) => metric === policy.primary.metric)
  if (primary === undefined || primary.error === null || !Number.isFinite(primary.error)) return null
  const alpha = spent(policy, context) || policy.primary.alpha
  const bound = boundOf(policy.primary)
  return {
    detectable: detectableDistance(primary.error, alpha, 0.8),
    needed: neededFor(primary, policy.primary, alpha),
    /** Probability of promoting a model that is truly equal. */
    equal: powerAt(0, primary.error, bound, alpha),
    /** Probability of promoting a model that truly differs as much as this one seems to. */
    observed: primary.difference === null ? null : powerAt(primary.difference, primary.error, bound, alpha),
    error: primary.error,
    bound,
    alpha,
    n: primary.n,
  }
}
