import type { GatePolicy } from '../../domain/models/policy.ts'
import { nearestName } from '../../domain/nearest.ts'
import { LABEL_METRICS } from './labels.ts'
import type { Metric, Need, PercentileMetric, RankingMetric } from './metric.ts'
import { calibrationError, columnMean, SUM_METRICS } from './sums.ts'

const SCORED: readonly Need[] = [
  { of: 'label', role: 'label', use: 'category' },
  { of: 'model', role: 'score', use: 'number' },
]
const RANKED: readonly Need[] = [
  { of: 'query', role: 'query', use: 'category' },
  { of: 'label', role: 'label', use: 'number' },
  { of: 'model', role: 'score', use: 'number' },
]

const FIXED: readonly Metric[] = [
  ...LABEL_METRICS,
  ...SUM_METRICS,
  { name: 'roc_auc', family: 'area', curve: 'roc', direction: 'higher', range: [0, 1], needs: SCORED },
  { name: 'pr_auc', family: 'area', curve: 'pr', direction: 'higher', range: [0, 1], needs: SCORED },
  { name: 'size_bytes', family: 'stated', direction: 'lower', range: [0, Infinity], needs: [] },
]

/** Other names of the same metrics in wide use. */
const ALIASES: Readonly<Record<string, string>> = {
  auc: 'roc_auc',
  average_precision: 'pr_auc',
  ece: 'calibration_error',
  logloss: 'log_loss',
  brier_score: 'brier',
}

/** Every name that needs no definition; `k` and percentiles stand for any. */
export const BUILT_IN: readonly string[] = [
  ...FIXED.map(({ name }) => name),
  ...Object.keys(ALIASES),
  'map@k',
  'recall@k',
  'ndcg@k',
  'latency_p95_ms',
]

/** The metric that a name means without any definition; undefined for an unknown name. */
export function builtIn(name: string): Metric | undefined {
  const known = FIXED.find((metric) => metric.name === (ALIASES[name] ?? name))
  if (known !== undefined) return { ...known, name }
  const ranking = /^(map|recall|ndcg)@([1-9][0-9]{0,4})$/.exec(name)
  if (ranking !== null) return rankingMetric(name, ranking[1] as RankingMetric['quality'], Number(ranking[2]))
  const latency = /^latency_p([1-9][0-9]?)_ms$/.exec(name)
  if (latency !== null) {
    return percentileMetric(name, 'latency_ms', Number(latency[1]) / 100, 'lower', [0, Infinity])
  }
  return undefined
}

function rankingMetric(name: string, quality: RankingMetric['quality'], k: number): RankingMetric {
  return { name, family: 'ranking', quality, k, direction: 'higher', range: [0, 1], needs: RANKED }
}

function percentileMetric(
  name: string,
  role: string,
  share: number,
  direction: Metric['direction'],
  range: readonly [number, number],
): PercentileMetric {
  return {
    name,
    family: 'percentile',
    share,
    direction,
    range,
    needs: [{ of: 'model', role, use: 'number' }],
  }
}

type Definition = GatePolicy['metrics'][string]

/**
 * The metric of a name in a policy: its own definitions first, then the built-in ones.
 *
 * A definition is `{ kind: mean | percentile | <built-in>, column?, share?, k?, bins?, range?, interval?: bca }`: `column` is the role (or
 * column) that holds one number a row for each model.
 *
 * @returns a sentence where there is no such metric.
 */
export function metricOf(name: string, definitions: GatePolicy['metrics'] = {}): Metric | string {
  const definition = definitions[name]
  if (definition !== undefined) {
    const metric = defined(name, definition)
    return typeof metric === 'string' || definition['interval'] !== 'bca'
      ? metric
      : { ...metric, interval: 'bca' }
  }
  const metric = builtIn(name)
  if (metric !== undefined) return metric
  const near = nearestName(name, [...Object.keys(definitions), ...BUILT_IN])
  return `metric ${name} is not known${near === undefined ? '' : `; did you mean ${near}?`}`
}

function defined(name: string, definition: Definition): Metric | string {
  const role = typeof definition['column'] === 'string' ? definition['column'] : name
  const range = rangeOf(definition['range'])
  const direction =
    definition['direction'] === 'higher' || definition['direction'] === 'lower'
      ? definition['direction']
      : null
  switch (definition.kind) {
    case 'mean':
      return columnMean(name, role, { direction, range })
    case 'percentile': {
      const share = definition['share']
      return typeof share === 'number' && share > 0 && share < 1
        ? percentileMetric(name, role, share, direction, range)
        : `metric ${name}: kind percentile needs share, a number between 0 and 1`
    }
    case 'calibration_error': {
      const bins = definition['bins'] ?? 10
      return typeof bins === 'number' && Number.isInteger(bins) && bins > 0 && bins <= 100
        ? calibrationError(name, bins)
        : `metric ${name}: bins is a whole number from 1 to 100`
    }
    case 'map':
    case 'recall':
    case 'ndcg': {
      const k = definition['k']
      if (typeof k === 'number' && Number.isInteger(k) && k > 0)
        return rankingMetric(name, definition.kind, k)
      break
    }
    default:
  }
  const base = builtIn(definition.kind)
  if (base !== undefined) return { ...base, name }
  const near = nearestName(definition.kind, ['mean', 'percentile', ...BUILT_IN])
  return `metric ${name}: kind ${definition.kind} is not known${near === undefined ? '' : `; did you mean ${near}?`}`
}

function rangeOf(value: unknown): readonly [number, number] {
  if (!Array.isArray(value)) return [-Infinity, Infinity]
  const [low, high] = value as unknown[]
  return [typeof low === 'number' ? low : -Infinity, typeof high === 'number' ? high : Infinity]
}
