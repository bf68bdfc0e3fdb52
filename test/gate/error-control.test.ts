import { describe, expect, test } from 'vitest'
import { Random } from '../../src/gate/random.ts'
import type { Sample } from '../../src/gate/sample.ts'
import { holm, powerAt, spentAlpha } from '../../src/gate/statistics/multiplicity.ts'
import { normalQuantile } from '../../src/gate/statistics/normal.ts'
import { ALPHA, binomialBound, draw, f1Of, outcomes, promotions, type World } from './simulation.ts'

const RUNS = 5000
const WORLDS: readonly (readonly [string, World])[] = [
  ['200 rows', { n: 200, base: 0.4, champion: 0.85, gain: 0, disagree: 0.08 }],
  ['60 rows', { n: 60, base: 0.5, champion: 0.8, gain: 0, disagree: 0.1 }],
  ['rare positives', { n: 600, base: 0.06, champion: 0.94, gain: 0, disagree: 0.04 }],
  ['many rows', { n: 2000, base: 0.3, champion: 0.9, gain: 0, disagree: 0.1 }],
]

describe('R39 an equal model is promoted as superior at most alpha of the time', () => {
  test.each(WORLDS)('R39 accuracy by exact McNemar, %s', (_, world) => {
    const { share } = promotions(RUNS, { metric: 'accuracy', rule: 'superior' }, (r) => draw(world, r))
    expect(share).toBeLessThanOrEqual(binomialBound(ALPHA, RUNS))
    expect(share).toBeGreaterThan(0)
  })

  test.each(WORLDS)('R39 F1 by bootstrap, %s', (_, world) => {
    const { share } = promotions(RUNS, { metric: 'f1', rule: 'superior' }, (r) => draw(world, r))
    expect(share).toBeLessThanOrEqual(binomialBound(ALPHA, RUNS))
    expect(share).toBeGreaterThan(0)
  })

  test('R39 where a point estimate promotes it nearly half of the time', () => {
    const [, world] = WORLDS[0] ?? ['', { n: 0, base: 0, champion: 0, gain: 0, disagree: 0 }]
    const { comparisons } = promotions(RUNS, { metric: 'accuracy', rule: 'superior' }, (r) => draw(world, r))
    const higher = comparisons.filter(({ difference }) => (difference ?? 0) > 0).length / RUNS
    expect(higher).toBeGreaterThan(0.4)
  })

  test('R39 clusters: rows that belong together count once', () => {
    const world = { n: 400, base: 0.4, champion: 0.85, gain: 0, disagree: 0.2, cluster: 20 }
    const byCluster = promotions(RUNS, { metric: 'accuracy', rule: 'superior' }, (r) => draw(world, r))
    expect(byCluster.share).toBeLessThanOrEqual(binomialBound(ALPHA, RUNS))
    const byRow = promotions(RUNS, { metric: 'accuracy', rule: 'superior' }, (r) => ({
      ...draw(world, r),
      cluster: null,
    }))
    expect(byRow.share).toBeGreaterThan(2 * ALPHA)
  })

  test('R39 models that tie on every row are never promoted as superior', () => {
    const { share } = promotions(RUNS, { metric: 'f1', rule: 'superior' }, (r) => {
      const sample = draw({ n: 100, base: 0.4, champion: 0.8, gain: 0, disagree: 0.1 }, r)
      return { ...sample, challenger: sample.champion ?? sample.challenger }
    })
    expect(share).toBe(0)
  })

  test('R39 one class: nothing that needs two is promoted', () => {
    const { share } = promotions(RUNS, { metric: 'f1', rule: 'noninferior', margin: 0.5 }, (r) =>
      draw({ n: 100, base: 0, champion: 0.8, gain: 0, disagree: 0.1 }, r),
    )
    expect(share).toBe(0)
  })

  test.each([
    ['roc_auc', 60],
    ['log_loss', 60],
    ['brier', 100],
    ['mae', 60],
    ['rmse', 60],
    ['r2', 60],
  ])('R39 %s on %i rows', (name, n) => {
    const { share } = promotions(RUNS, { metric: name, rule: 'superior' }, (r) => scored(n, 0, r))
    expect(share).toBeLessThanOrEqual(binomialBound(ALPHA, RUNS))
  })
})

describe('R39 a model worse by the margin is promoted as non-inferior at most alpha of the time', () => {
  test.each(WORLDS)("R39 accuracy by Newcombe's interval, %s", (_, world) => {
    const worse = { ...world, gain: -0.02 }
    const { share } = promotions(RUNS, { metric: 'accuracy', rule: 'noninferior', margin: 0.02 }, (r) =>
      draw(worse, r),
    )
    expect(share).toBeLessThanOrEqual(binomialBound(ALPHA, RUNS))
    expect(share).toBeGreaterThan(ALPHA / 3)
  })

  test.each(WORLDS)('R39 F1 by bootstrap, %s', (_, world) => {
    const margin = f1Of(world.base, world.champion) - f1Of(world.base, world.champion - 0.02)
    const worse = { ...world, gain: -0.02 }
    const { share } = promotions(RUNS, { metric: 'f1', rule: 'noninferior', margin }, (r) => draw(worse, r))
    expect(share).toBeLessThanOrEqual(binomialBound(ALPHA, RUNS))
  })
})

describe('R39 power is reported, and is what happens', () => {
  test('R39 an equal model under non-inferiority, and a better one under superiority', () => {
    const equal = { n: 1000, base: 0.4, champion: 0.85, gain: 0, disagree: 0.08 }
    const noninferior = { metric: 'accuracy', rule: 'noninferior', margin: 0.02 } as const
    const kept = promotions(RUNS, noninferior, (r) => draw(equal, r))
    const expected = kept.comparisons.map(({ error }) => powerAt(0, error ?? 0, -0.02, ALPHA))
    expect(Math.abs(kept.share - mean(expected))).toBeLessThan(0.03)
    const better = { ...equal, gain: 0.02 }
    const found = promotions(RUNS, { metric: 'f1', rule: 'superior' }, (r) => draw(better, r))
    const gain = f1Of(0.4, 0.87) - f1Of(0.4, 0.85)
    const promised = found.comparisons.map(({ error }) => powerAt(gain, error ?? 0, 0, ALPHA))
    expect(Math.abs(found.share - mean(promised))).toBeLessThan(0.03)
  })
})

describe('R40 looks and candidates share alpha', () => {
  /** Accuracies of `looks` equal candidates on one fixed test set, each against the champion. */
  const series = (random: Random, looks: number, n: number): Sample[] => {
    const champion = draw({ n, base: 0.4, champion: 0.85, gain: 0, disagree: 0.1 }, random)
    return Array.from({ length: looks }, () => {
      const label = champion.label as Uint8Array
      const before = champion.champion?.codes('predicted') as Uint8Array
      const predicted = before.map((code, i) => {
        const right = code === label[i]
        // Flips that keep the accuracy: 5 % of all rows in each direction.
        return random.uniform() < (right ? 0.05 / 0.85 : 0.05 / 0.15) ? 3 - code : code
      })
      return { ...champion, challenger: outcomes({ predicted }) }
    })
  }

  const everPromoted = (spend: (look: number) => number): number => {
    const random = new Random(40, 41, 42, 43)
    const runs = RUNS
    let ever = 0
    for (let run = 0; run < runs; run++) {
      const looks = series(random, 20, 400)
      const some = looks.some((sample, index) => {
        const alpha = spend(index + 1)
        return (
          alpha > 0 &&
          promotions(1, { metric: 'accuracy', rule: 'superior' }, () => sample, { alpha }).share === 1
        )
      })
      if (some) ever++
    }
    return ever / runs
  }

  test('R40 twenty looks that spend alpha promote an equal model at most alpha of the time', () => {
    expect(everPromoted((look) => spentAlpha(ALPHA, look, 20))).toBeLessThanOrEqual(
      binomialBound(ALPHA, RUNS),
    )
  })

  test('R40 twenty looks that do not are the failure this prevents', () => {
    expect(everPromoted(() => ALPHA)).toBeGreaterThan(0.2)
  })

  test('R40 ratchet: the champion is measured again beside each candidate, so a lucky score is never a bar', () => {
    const random = new Random(50, 51, 52, 53)
    let record = 0
    let promoted = 0
    let measured = 0
    const rounds = RUNS
    for (let round = 0; round < rounds; round++) {
      const sample = draw({ n: 400, base: 0.4, champion: 0.9, gain: 0, disagree: 0.1 }, random)
      const { share, comparisons } = promotions(1, { metric: 'accuracy', rule: 'superior' }, () => sample)
      promoted += share
      measured += (comparisons[0]?.champion ?? 0) / rounds
      record = Math.max(record, comparisons[0]?.challenger ?? 0)
    }
    expect(promoted / rounds).toBeLessThanOrEqual(binomialBound(ALPHA, rounds))
    // A stored best would stand well above the truth of 0.9; the mean of fresh measurements does not.
    expect(record).toBeGreaterThan(0.925)
    expect(measured).toBeCloseTo(0.9, 2)
  })

  test('R40 what the looks spend adds up to alpha, and then nothing is left', () => {
    const all = Array.from({ length: 7 }, (_, i) => spentAlpha(0.05, i + 1, 7))
    expect(all.reduce((sum, a) => sum + a, 0)).toBeCloseTo(0.05, 12)
    expect(spentAlpha(0.05, 8, 7)).toBe(0)
  })
})

test('R41 Holm keeps the chance of passing any harmed slice below alpha', () => {
  const random = new Random(60, 61, 62, 63)
  const runs = 5000
  let wrong = 0
  for (let run = 0; run < runs; run++) {
    // Five slices exactly at the margin: p-values are uniform.
    const pValues = Array.from({ length: 5 }, () => random.uniform())
    if (holm(pValues, ALPHA).some(({ rejected }) => rejected)) wrong++
  }
  expect(wrong / runs).toBeLessThanOrEqual(binomialBound(ALPHA, runs))
  expect(wrong / runs).toBeGreaterThan(ALPHA / 2)
})

/** Scores and numbers with skewed errors, equally good for both models but for `gain`. */
function scored(n: number, gain: number, random: Random): Sample {
  const label = new Uint8Array(n)
  const truth = new Float64Array(n)
  const columns = [new Float64Array(n), new Float64Array(n)] as const
  const scores = [new Float64Array(n), new Float64Array(n)] as const
  const normal = (): number => normalQuantile(Math.max(1e-12, random.uniform()))
  for (let i = 0; i < n; i++) {
    label[i] = random.uniform() < 0.35 ? 2 : 1
    truth[i] = normal()
    const shared = normal()
    const skew = Math.exp(normal() / 2)
    columns.forEach((column, model) => {
      column[i] = (truth[i] ?? 0) + skew * (shared / 2 + normal() * (1 - gain * model))
    })
    scores.forEach((score) => {
      score[i] = 1 / (1 + Math.exp(-((label[i] === 2 ? 0.8 : -0.8) + shared + normal())))
    })
  }
  const [a, b] = columns
  return {
    n,
    label,
    labelNumber: truth,
    classes: ['', '0', '1'],
    positive: 2,
    champion: outcomes({}, { predicted: a, score: scores[0] }),
    challenger: outcomes({}, { predicted: b, score: scores[1] }),
    weight: null,
    cluster: null,
    query: null,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
