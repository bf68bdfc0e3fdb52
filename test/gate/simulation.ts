import { compare } from '../../src/gate/compare/compare.ts'
import type { Comparison } from '../../src/gate/compare/comparison.ts'
import { boundOf, judgeInterval } from '../../src/gate/judge.ts'
import { metricOf } from '../../src/gate/metrics/catalog.ts'
import type { Metric } from '../../src/gate/metrics/metric.ts'
import { Random } from '../../src/gate/random.ts'
import type { Outcomes, Sample } from '../../src/gate/sample.ts'
import { normalQuantile } from '../../src/gate/statistics/normal.ts'

export const ALPHA = 0.05

export function metric(name: string): Metric {
  const found = metricOf(name)
  if (typeof found === 'string') throw new Error(found)
  return found
}

export const outcomes = (
  codes: Record<string, Uint8Array>,
  numbers: Record<string, Float64Array> = {},
): Outcomes => ({ codes: (role) => codes[role], numbers: (role) => numbers[role] })

export interface World {
  readonly n: number
  /** Share of positive labels. */
  readonly base: number
  /** Accuracy of the champion. */
  readonly champion: number
  /** True accuracy of the challenger minus that of the champion. */
  readonly gain: number
  /** Share of rows on which exactly one of the two is right. */
  readonly disagree: number
  /** Rows a cluster; rows of one cluster mostly repeat its first outcome. */
  readonly cluster?: number
}

/** Rows drawn from a world in which the truth is known. */
export function draw(world: World, random: Random): Sample {
  const { n, base, champion, gain, disagree, cluster = 1 } = world
  const label = new Uint8Array(n)
  const first = new Uint8Array(n)
  const second = new Uint8Array(n)
  const of = new Uint32Array(n)
  const challengerOnly = (disagree + gain) / 2
  const championOnly = (disagree - gain) / 2
  let state = 0
  for (let i = 0; i < n; i++) {
    of[i] = Math.floor(i / cluster)
    label[i] = random.uniform() < base ? 2 : 1
    if (i % cluster === 0 || random.uniform() < 0.3) {
      const u = random.uniform()
      state = u < challengerOnly ? 2 : u < disagree ? 1 : u < disagree + champion - championOnly ? 3 : 0
    }
    const truth = label[i] ?? 1
    first[i] = (state & 1) === 1 ? truth : 3 - truth
    second[i] = (state & 2) === 2 ? truth : 3 - truth
  }
  return {
    n,
    label,
    labelNumber: undefined,
    classes: ['', '0', '1'],
    positive: 2,
    champion: outcomes({ predicted: first }),
    challenger: outcomes({ predicted: second }),
    weight: null,
    cluster: cluster === 1 ? null : { of, count: Math.ceil(n / cluster) },
    query: null,
  }
}

/** F1 of a classifier that is right on a share of the rows, in a world with this share of positives. */
export function f1Of(base: number, right: number): number {
  const truePositive = base * right
  const falsePositive = (1 - base) * (1 - right)
  return (2 * truePositive) / (2 * truePositive + falsePositive + base * (1 - right))
}

export interface Rule {
  readonly metric: string
  readonly rule: 'superior' | 'noninferior'
  readonly margin?: number
}

/** How often a rule promotes in `runs` samples of a world; seeded, so a failure fails again. */
export function promotions(
  runs: number,
  rule: Rule,
  sample: (random: Random) => Sample,
  options: { alpha?: number; resamples?: number; seed?: number } = {},
): { share: number; comparisons: Comparison[] } {
  const random = new Random(options.seed ?? 1, 2, 3, 4)
  const comparisons: Comparison[] = []
  let promoted = 0
  const of = metric(rule.metric)
  for (let run = 0; run < runs; run++) {
    const comparison = compare(sample(random), {
      metric: of,
      direction: of.direction ?? 'higher',
      rule: rule.rule,
      resamples: options.resamples ?? 250,
      seed: 'simulation',
      purpose: `${options.seed ?? 1} ${run}`,
    })
    const interval = comparison?.interval(options.alpha ?? ALPHA)
    const bound = boundOf({ rule: rule.rule, margin: rule.margin })
    if (interval != null && judgeInterval(interval, bound) === 'promote') promoted++
    if (comparison !== undefined) comparisons.push(comparison)
  }
  return { share: promoted / runs, comparisons }
}

/** The largest share that chance explains when the truth is `p`: one in ten thousand simulations is above. */
export function binomialBound(p: number, runs: number): number {
  return p + normalQuantile(0.9999) * Math.sqrt((p * (1 - p)) / runs)
}
