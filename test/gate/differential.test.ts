import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { metricValue } from '../../src/gate/compare/compare.ts'
import { emptyTotals, jointClasses, totalsOf } from '../../src/gate/compare/joint-classes.ts'
import { metricOf } from '../../src/gate/metrics/catalog.ts'
import type { Metric } from '../../src/gate/metrics/metric.ts'
import { Random, randomOf } from '../../src/gate/random.ts'
import type { Sample } from '../../src/gate/sample.ts'
import {
  betaQuantile,
  binomialUpper,
  incompleteBeta,
  studentQuantile,
} from '../../src/gate/statistics/beta.ts'
import {
  bcaInterval,
  bootstrapClasses,
  bootstrapSums,
  leaveOneOut,
  percentileInterval,
} from '../../src/gate/statistics/bootstrap.ts'
import { delong } from '../../src/gate/statistics/delong.ts'
import { holm } from '../../src/gate/statistics/multiplicity.ts'
import { normalCdf, normalQuantile } from '../../src/gate/statistics/normal.ts'
import { mcnemar, mcnemarInterval, newcombePaired, wilson } from '../../src/gate/statistics/proportions.ts'
import { describeReal } from '../real.ts'

const random = new Random(101, 102, 103, 104)
const ALPHA = 0.05
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))

const probabilities = [
  1e-300,
  1e-12,
  1e-5,
  0.001,
  0.02,
  0.3,
  0.5,
  0.77,
  0.98,
  0.99999,
  ...times(40, () => random.uniform()),
]
const abscissas = times(60, () => 20 * random.uniform() - 10)
const betas = times(
  60,
  () => [random.uniform(), 0.3 + 50 * random.uniform(), 0.3 + 500 * random.uniform()] as const,
)
const students = times(
  40,
  (i) => [0.001 + 0.998 * random.uniform(), i < 20 ? 1 + random.below(30) : 1 + random.below(5000)] as const,
)
const binomials = times(60, () => {
  const n = 1 + random.below(3000)
  return [random.below(n + 1), n, random.uniform()] as const
})
const discordant = [[0, 0], [5, 0], [0, 5], ...times(40, () => [random.below(60), random.below(60)])] as [
  number,
  number,
][]
const successes = times(40, () => {
  const n = 1 + random.below(500)
  return [random.below(n + 1), n] as const
})
const tables = [
  [0, 0, 0, 10],
  [10, 0, 0, 0],
  [40, 0, 5, 0],
  ...times(60, (i) => times(4, () => random.below(i < 30 ? 15 : 500))),
].filter((counts) => counts.reduce((sum, count) => sum + count, 0) > 0) as [number, number, number, number][]
const pValues = times(40, () => times(1 + random.below(8), () => random.uniform() ** 3 * 0.3))

const rows = times(400, () => {
  const label = random.uniform() < 0.4 ? 1 : 0
  const champion = random.uniform() < 0.85 ? label : 1 - label
  return [label, champion, random.uniform() < 0.9 ? label : champion] as const
})
const regression = times(80, () => {
  const y = random.uniform()
  const shared = random.uniform() ** 3
  return [y, y + shared + random.uniform() ** 4, y + shared + random.uniform() ** 3] as const
})
const labels = times(300, () => (random.uniform() < 0.35 ? 1 : 0))
// Two decimals: many ties.
const scoresOf = (): number[] =>
  labels.map((y) => Math.round(100 * (0.25 * y + 0.7 * random.uniform())) / 100)
const champion = scoresOf()
const challenger = scoresOf()
const classLabels = times(500, () => random.below(5))
const classPredictions = classLabels.map((label) => (random.uniform() < 0.7 ? label : random.below(6)))
const query = times(600, () => random.below(40))
const relevance = query.map((q) => (q === 0 ? 0 : random.uniform() < 0.2 ? 1 + random.below(3) : 0))
const rankScores = query.map(() => Math.round(50 * random.uniform()) / 50)

interface Answers {
  readonly [name: string]: unknown
}
let answers: Answers = {}
const answer = <T>(name: string): T => answers[name] as T

describeReal('the gate against scipy and statsmodels', ['scipy+statsmodels'], () => {
  beforeAll(() => {
    const bootstrapOf = (
      method: string,
      metric: string,
      data: readonly (readonly number[])[],
      resamples: number,
    ) => ({
      ask: 'bootstrap',
      rows: data,
      metric,
      method,
      resamples,
      alpha: ALPHA,
      seed: 5,
    })
    const questions = {
      normal: { ask: 'normal', p: probabilities },
      cdf: { ask: 'cdf', x: abscissas },
      beta: { ask: 'beta', cases: betas },
      student: { ask: 'student', cases: students },
      binomial: { ask: 'binomial', cases: binomials },
      mcnemar: { ask: 'mcnemar', cases: discordant },
      clopper: {
        ask: 'clopper',
        alpha: ALPHA,
        cases: discordant.map(([b, c]) => [c, b + c]).filter(([, n]) => n !== 0),
      },
      wilson: { ask: 'wilson', alpha: ALPHA, cases: successes },
      newcombe: { ask: 'newcombe', alpha: ALPHA, cases: tables },
      holm: { ask: 'holm', alpha: ALPHA, cases: pValues },
      f1: bootstrapOf('percentile', 'f1', rows, 10_000),
      mae: bootstrapOf('percentile', 'mae', regression, 10_000),
      bca: bootstrapOf('BCa', 'mae', regression, 10_000),
      scores: { ask: 'scores', label: labels, champion, challenger },
      confusion: { ask: 'confusion', label: classLabels, predicted: classPredictions, positive: 2 },
      ranking: { ask: 'ranking', query, label: relevance, score: rankScores, k: 5 },
    }
    const python = process.env['SLUICE_PYTHON'] ?? 'python3'
    const output = execFileSync(python, [join(import.meta.dirname, 'python/oracle.py')], {
      input: JSON.stringify(questions),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
    answers = JSON.parse(output) as Answers
  })

  test('R39 normal distribution: quantile and distribution function', () => {
    answer<[number, number][]>('normal').forEach(([x], i) => {
      expect(relative(normalQuantile(probabilities[i] ?? 0), x)).toBeLessThan(1e-11)
    })
    answer<number[]>('cdf').forEach((p, i) => {
      expect(relative(normalCdf(abscissas[i] ?? 0), p)).toBeLessThan(1e-12)
    })
  })

  test('R39 beta, Student and binomial distributions', () => {
    answer<[number, number][]>('beta').forEach(([cdf, quantile], i) => {
      const [x = 0, a = 1, b = 1] = betas[i] ?? []
      expect(Math.abs(incompleteBeta(x, a, b) - cdf)).toBeLessThan(1e-10)
      expect(Math.abs(betaQuantile(x, a, b) - quantile)).toBeLessThan(1e-9)
    })
    answer<number[]>('student').forEach((t, i) => {
      const [p = 0, df = 1] = students[i] ?? []
      expect(relative(studentQuantile(p, df), t)).toBeLessThan(1e-6)
    })
    answer<number[]>('binomial').forEach((p, i) => {
      const [k = 0, n = 0, share = 0] = binomials[i] ?? []
      expect(Math.abs(binomialUpper(k, n, share) - p)).toBeLessThan(1e-10)
    })
  })

  test('R39 exact McNemar, and the interval that agrees with it', () => {
    answer<[number, number][]>('mcnemar').forEach(([better, twoSided], i) => {
      const [championOnly, challengerOnly] = discordant[i] ?? [0, 0]
      const counts = { both: 10, neither: 5, championOnly, challengerOnly }
      const p = mcnemar(counts)
      expect(p.better).toBeCloseTo(better, 10)
      expect(Math.min(1, 2 * Math.min(p.better, p.worse))).toBeCloseTo(twoSided, 10)
      for (const alpha of [0.01, 0.05, 0.2]) {
        expect(mcnemarInterval(counts, alpha)[0] > 0).toBe(p.better < alpha)
      }
    })
    const cases = discordant.filter(([b, c]) => b + c > 0)
    answer<[number, number][]>('clopper').forEach(([low, high], i) => {
      const [championOnly, challengerOnly] = cases[i] ?? [0, 0]
      const n = championOnly + challengerOnly
      const interval = mcnemarInterval({ both: 0, neither: 0, championOnly, challengerOnly }, ALPHA)
      expect(interval[0]).toBeCloseTo(challengerOnly === 0 ? -1 : 2 * low - 1, 9)
      expect(interval[1]).toBeCloseTo(challengerOnly === n ? 1 : 2 * high - 1, 9)
    })
  })

  test("R39 Wilson's and Newcombe's intervals", () => {
    answer<[number, number][]>('wilson').forEach(([low, high], i) => {
      const [k = 0, n = 1] = successes[i] ?? []
      expect(wilson(k, n, ALPHA)[0]).toBeCloseTo(low, 10)
      expect(wilson(k, n, ALPHA)[1]).toBeCloseTo(high, 10)
    })
    answer<[number, number][]>('newcombe').forEach(([low, high], i) => {
      const [both, championOnly, challengerOnly, neither] = tables[i] ?? [0, 0, 0, 1]
      const interval = newcombePaired({ both, championOnly, challengerOnly, neither }, ALPHA)
      expect(interval[0]).toBeCloseTo(low, 10)
      expect(interval[1]).toBeCloseTo(high, 10)
    })
  })

  test('R41 Holm', () => {
    answer<boolean[][]>('holm').forEach((rejected, i) => {
      expect(holm(pValues[i] ?? [], ALPHA).map((h) => h.rejected)).toEqual(rejected)
    })
  })

  test('R39 bootstrap over joint classes: within 4 Monte Carlo sd of scipy.stats.bootstrap', () => {
    const code = (v: number): number => v + 1
    const cells = jointClasses(
      Uint8Array.from(rows, ([y]) => code(y)),
      Uint8Array.from(rows, ([, a]) => code(a)),
      Uint8Array.from(rows, ([, , b]) => code(b)),
      3,
    )
    const totals = emptyTotals(3)
    const f1 = metricOf('f1') as Extract<Metric, { family: 'labels' }>
    const drawn = bootstrapClasses(cells.counts, rows.length, 10_000, randomOf('s', 'f1'), (counts) => {
      const second = f1.value(totalsOf(cells, cells.challenger, counts, totals), 2)
      return second - f1.value(totalsOf(cells, cells.champion, counts, totals), 2)
    })
    agrees(percentileInterval(drawn, ALPHA), drawn.sorted, answer('f1'))
  })

  test('R39 bootstrap of sums, percentile and BCa: within 4 Monte Carlo sd of scipy.stats.bootstrap', () => {
    const units = Float64Array.from(regression.flatMap(([y, a, b]) => [Math.abs(y - a), Math.abs(y - b)]))
    const difference = (s: Float64Array): number => ((s[0] ?? 0) - (s[1] ?? 0)) / regression.length
    const drawn = bootstrapSums(units, 2, 10_000, randomOf('s', 'mae'), difference)
    agrees(percentileInterval(drawn, ALPHA), drawn.sorted, answer('mae'))
    const totals = new Float64Array(2)
    units.forEach((value, i) => {
      totals[i % 2] = (totals[i % 2] ?? 0) + value
    })
    // The mean without a row is over one row less.
    const left = leaveOneOut(units, 2, totals, (s) => ((s[0] ?? 0) - (s[1] ?? 0)) / (regression.length - 1))
    agrees(bcaInterval(drawn, difference(totals), left, null, ALPHA), drawn.sorted, answer('bca'))
  })

  test('R39 areas and their standard error by DeLong, with ties', () => {
    const found = delong(Uint8Array.from(labels), Float64Array.from(champion), Float64Array.from(challenger))
    const { auc, error } = answer<{ auc: [number, number]; error: number }>('scores')
    expect(found.champion).toBeCloseTo(auc[0], 12)
    expect(found.challenger).toBeCloseTo(auc[1], 12)
    expect(found.error).toBeCloseTo(error, 12)
  })

  test('R37 metrics of scores and numbers', () => {
    const expected = answer<Record<string, number>>('scores')
    const sample = sampleOf(labels, champion)
    for (const name of ['pr_auc', 'log_loss', 'brier', 'calibration_error', 'rmse', 'mae', 'r2']) {
      expect([name, valueIn(sample, name)]).toEqual([name, expect.closeTo(expected[name] ?? 0, 10)])
    }
    expect(valueIn({ ...sample, weight: new Float64Array(labels.length).fill(2.5) }, 'roc_auc')).toBeCloseTo(
      answer<{ auc: [number, number] }>('scores').auc[0],
      12,
    )
    expect(valueIn(sample, 'latency_p95_ms')).toBe(expected['p95'])
  })

  test('R37 metrics of the confusion matrix', () => {
    const expected = answer<Record<string, number>>('confusion')
    const sample: Sample = {
      ...sampleOf(labels, champion),
      n: classLabels.length,
      label: Uint8Array.from(classLabels, (c) => c + 1),
      classes: ['', '0', '1', '2', '3', '4', '5'],
      positive: 3,
      challenger: outcome(
        Uint8Array.from(classPredictions, (c) => c + 1),
        undefined,
      ),
    }
    for (const [name, value] of Object.entries(expected)) {
      expect([name, valueIn(sample, name)]).toEqual([name, expect.closeTo(value, 12)])
    }
    expect(valueIn(sample, 'f1_micro')).toBe(valueIn(sample, 'accuracy'))
  })

  test('R37 metrics of rankings', () => {
    const expected = answer<Record<string, number>>('ranking')
    const sample: Sample = {
      ...sampleOf(relevance, rankScores),
      query: { of: Uint32Array.from(query), count: 40 },
    }
    for (const name of ['map', 'recall', 'ndcg']) {
      expect(valueIn(sample, `${name}@5`)).toBeCloseTo(expected[name] ?? 0, 12)
    }
  })
})

function relative(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.max(1e-300, Math.abs(expected))
}

/** The ends of two bootstrap intervals differ by no more than 4 standard deviations of what resampling leaves to chance. */
function agrees(
  interval: readonly [number, number] | null,
  values: Float64Array,
  scipy: { interval: [number, number] },
): void {
  expect(interval).not.toBeNull()
  const n = values.length
  ;[0.05, 0.95].forEach((share, end) => {
    // sd of a sample quantile: sqrt(p q / n) / density, the density from the quantiles around it.
    const width = 0.02
    const at = (p: number): number => values[Math.min(n - 1, Math.max(0, Math.round(p * (n - 1))))] ?? 0
    const density = (2 * width) / (at(share + width) - at(share - width))
    const sd = Math.sqrt((0.05 * 0.95) / n) / density
    // Both sides are random.
    expect(Math.abs((interval?.[end] ?? 0) - (scipy.interval[end] ?? 0))).toBeLessThan(4 * Math.SQRT2 * sd)
  })
}

function outcome(codes: Uint8Array | undefined, numbers: Float64Array | undefined): Sample['challenger'] {
  return { codes: () => codes, numbers: () => numbers }
}

function sampleOf(truth: readonly number[], given: readonly number[]): Sample {
  return {
    n: truth.length,
    label: Uint8Array.from(truth, (y) => y + 1),
    labelNumber: Float64Array.from(truth),
    classes: ['', '0', '1'],
    positive: 2,
    champion: null,
    challenger: outcome(undefined, Float64Array.from(given)),
    weight: null,
    cluster: null,
    query: null,
  }
}

function valueIn(sample: Sample, name: string): number {
  const metric = metricOf(name)
  if (typeof metric === 'string') throw new Error(metric)
  return metricValue(metric, sample, sample.challenger) ?? Number.NaN
}
