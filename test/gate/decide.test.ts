import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/domain/canonical.ts'
import { verdictSchema } from '../../src/domain/models/verdict.ts'
import { judgeInterval } from '../../src/gate/judge.ts'
import { classifierRows, digestNamed, evidenceOf, GOLDEN, judged, said } from './evidence.ts'

const base = evidenceOf()
const columns = base.rows

describe('R39 the rule', () => {
  test.each([
    [[0.001, 0.02], 0, 'promote'],
    [[0, 0.02], 0, 'inconclusive'],
    [[-0.02, -0.001], 0, 'reject'],
    [[-0.02, 0], 0, 'inconclusive'],
    [[-0.009, 0.02], -0.01, 'promote'],
    [[-0.01, 0.02], -0.01, 'inconclusive'],
    [[-0.03, -0.011], -0.01, 'reject'],
    [[-0.03, -0.005], -0.01, 'inconclusive'],
  ] as const)('R39 the interval %s against the bound %f is %s', (interval, bound, verdict) => {
    expect(judgeInterval(interval, bound)).toBe(verdict)
  })

  test('R39 a better model is promoted, a worse one rejected, by every kind of metric', async () => {
    const swapped = { rows: { ...columns, champion: columns?.challenger, challenger: columns?.champion } }
    const metrics = [
      'accuracy',
      'f1',
      'precision_macro',
      'roc_auc',
      'pr_auc',
      'brier',
      'log_loss',
      'rmse',
      'r2',
    ]
    for (const metric of metrics) {
      const lower = ['brier', 'log_loss', 'rmse'].includes(metric)
      const primary = { metric, direction: lower ? 'lower' : 'higher', rule: 'superior' }
      const policy = { primary, floors: {} }
      expect([metric, (await judged({ policy })).verdict]).toEqual([metric, 'promote'])
      expect([metric, (await judged({ policy, evidence: swapped })).verdict]).toEqual([metric, 'reject'])
    }
  })

  test('R39 differences and intervals are signed so that more is better, whatever the direction', async () => {
    const primary = { metric: 'log_loss', direction: 'lower', rule: 'superior' }
    const [metric] = (await judged({ policy: { primary, floors: {} } })).metrics
    expect(metric?.difference).toBeCloseTo((metric?.champion ?? 0) - (metric?.challenger ?? 0), 12)
    expect(metric?.interval?.[0]).toBeGreaterThan(0)
  })

  test('R39 too few rows are inconclusive, with how many would settle it', async () => {
    const verdict = await judged({ rows: classifierRows(80, { gain: 0 }), policy: { floors: {} } })
    expect(said(verdict)).toBe('inconclusive: primary')
    expect(verdict.power?.needed).toBeGreaterThan(80)
    expect(verdict.power?.detectable).toBeGreaterThan(0.02)
    expect(verdict.reasons[0]?.text).toMatch(/about [\d,]+ rows would settle it/)
  })

  test('R39 superiority of accuracy is the exact test: four wins to none are not enough, five are', async () => {
    const primary = { metric: 'accuracy', direction: 'higher', rule: 'superior' }
    const won = (wins: number) =>
      classifierRows(60).map((row, i) => ({
        ...row,
        champion: i < wins || i > 50 ? 1 - Number(row['label']) : row['label'],
        challenger: i > 50 ? 1 - Number(row['label']) : row['label'],
      }))
    const verdict = async (wins: number) =>
      (await judged({ rows: won(wins), policy: { primary, floors: {} } })).verdict
    // One-sided p: 1/16 = 0.0625 and 1/32 = 0.031.
    expect([await verdict(4), await verdict(5)]).toEqual(['inconclusive', 'promote'])
  })

  test('R39 methods other than the exact ones ask for 20 independent units', async () => {
    const primary = { metric: 'f1', direction: 'higher', rule: 'noninferior', margin: 0.5 }
    const few = classifierRows(18)
    expect(said(await judged({ rows: few, policy: { primary, floors: {} } }))).toBe(
      'inconclusive: too-few-rows',
    )
    const clustered = { rows: { ...columns, cluster: 'user' } }
    const rows = GOLDEN.map((row, i) => ({ ...row, user: `u${i % 12}` }))
    expect(said(await judged({ rows, evidence: clustered, policy: { primary, floors: {} } }))).toBe(
      'inconclusive: too-few-rows',
    )
  })

  test('R39 weights count: rows that the champion wins can be weighed up', async () => {
    const weighted = (weight: (row: Readonly<Record<string, unknown>>) => number) =>
      judged({
        rows: GOLDEN.map((row) => ({ ...row, weight: weight(row) })),
        evidence: { rows: { ...columns, weight: 'weight' } },
        policy: { primary: { metric: 'accuracy', direction: 'higher', rule: 'superior' }, floors: {} },
      })
    expect((await weighted(() => 1)).verdict).toBe('promote')
    const lost = (row: Readonly<Record<string, unknown>>): boolean =>
      row['champion'] === row['label'] && row['challenger'] !== row['label']
    expect((await weighted((row) => (lost(row) ? 10 : 1))).verdict).toBe('reject')
  })

  test('guards, floors, ceilings and budgets each decide alone', async () => {
    const guard = (margin: number) => ({
      guards: [{ metric: 'latency_p95_ms', direction: 'lower', rule: 'noninferior', margin }],
    })
    expect(said(await judged({ policy: guard(5) }))).toBe('promote: floor, guard, primary')
    const slow = GOLDEN.map((row) => ({ ...row, slow: 20 + Number(row['latency']) }))
    const challenger = { predicted: 'challenger', score: 'challenger_score', latency_ms: 'slow' }
    expect(
      said(await judged({ rows: slow, evidence: { rows: { ...columns, challenger } }, policy: guard(5) })),
    ).toBe('reject: guard')
    expect(said(await judged({ policy: { floors: { f1: 0.99 } } }))).toBe('reject: floor')
    expect(said(await judged({ policy: { ceilings: { brier: 0.001 } } }))).toBe('reject: ceiling')
    expect(said(await judged({ policy: { budgets: { latency_p95_ms: 10 } } }))).toBe('reject: budget')
    expect(said(await judged({ policy: { budgets: { size_bytes: 100 } }, context: { size: 101 } }))).toBe(
      'reject: budget',
    )
    expect((await judged({ policy: { budgets: { size_bytes: 100 } }, context: { size: 100 } })).verdict).toBe(
      'promote',
    )
  })

  test('a ranking is judged by queries, and a column of the user by its mean', async () => {
    const rows = GOLDEN.map((row, i) => ({
      ...row,
      user: `q${i % 200}`,
      one: (i % 10) / 10,
      two: (i % 10) / 10 + 0.05,
    }))
    const ranked = { ...columns, query: 'user' }
    const primary = { metric: 'ndcg@5', direction: 'higher', rule: 'noninferior', margin: 0.02 }
    const verdict = await judged({ rows, evidence: { rows: ranked }, policy: { primary, floors: {} } })
    expect([verdict.verdict, verdict.metrics[0]?.['units']]).toEqual(['promote', 200])
    const own = { ...columns, champion: { happiness: 'one' }, challenger: { happiness: 'two' } }
    const mean = await judged({
      rows,
      evidence: { rows: own },
      policy: {
        primary: { metric: 'happiness', direction: 'higher', rule: 'superior' },
        metrics: { happiness: { kind: 'mean', range: [0, 1] } },
        floors: { happiness: 0.4 },
      },
    })
    expect(mean.metrics[0]?.difference).toBeCloseTo(0.05, 10)
    expect(mean.verdict).toBe('promote')
  })
})

describe('R40 looks', () => {
  const primary = { metric: 'f1', direction: 'higher', rule: 'superior' }

  test('R40 a planned look spends its share of alpha, so its interval is wider', async () => {
    const width = async (looks: number): Promise<number> => {
      const [metric] = (await judged({ policy: { primary, looks } })).metrics
      return (metric?.interval?.[1] ?? 0) - (metric?.interval?.[0] ?? 0)
    }
    expect(await width(10)).toBeGreaterThan(1.2 * (await width(1)))
  })

  test('R40 beyond the planned looks nothing promotes, and harm is still shown', async () => {
    expect(said(await judged({ policy: { primary, looks: 2 }, context: { look: 3 } }))).toBe(
      'inconclusive: alpha-spent',
    )
    const swapped = { rows: { ...columns, champion: columns?.challenger, challenger: columns?.champion } }
    const worse = await judged({ policy: { primary, floors: {} }, context: { look: 2 }, evidence: swapped })
    expect(said(worse)).toBe('reject: primary')
  })

  test('R40 stored scores are never compared: without rows a better score is no promotion', async () => {
    const evidence = { metrics: { challenger: { f1: 0.99 }, champion: { f1: 0.71 } } }
    const verdict = await judged({ rows: null, evidence })
    expect(said(verdict)).toBe('inconclusive: stored-scores')
    expect(verdict.metrics[0]).toMatchObject({ challenger: 0.99, difference: null, interval: null })
    const low = await judged({
      rows: null,
      evidence: { metrics: { challenger: { f1: 0.5 }, champion: { f1: 0.4 } } },
    })
    expect(said(low)).toBe('reject: floor')
  })
})

describe('R41 protected slices', () => {
  const slices = ['language']
  const harmed = (share: number) =>
    GOLDEN.map((row, i) =>
      row['language'] === 'fr' && i % 100 < share * 100
        ? { ...row, challenger: 1 - Number(row['label']) }
        : row,
    )
  const policy = {
    slices,
    primary: { metric: 'accuracy', direction: 'higher', rule: 'noninferior', margin: 0.03 },
    floors: {},
  }

  test('R41 every slice non-inferior promotes', async () => {
    const verdict = await judged({ policy })
    expect(said(verdict)).toBe('promote: primary, slice')
    expect(verdict.slices.map(({ column, value, says }) => `${column}=${value} ${says}`)).toEqual([
      'language=en promote',
      'language=fr promote',
    ])
  })

  test('R41 one harmed slice rejects although the whole is better', async () => {
    const gained = harmed(0.2).map((row) =>
      row['language'] === 'en' ? { ...row, challenger: row['label'] } : row,
    )
    const verdict = await judged({ policy, rows: gained })
    expect(verdict.reasons.find(({ rule }) => rule === 'primary')?.says).toBe('promote')
    expect(said(verdict)).toBe('reject: slice')
  })

  test('R41 a slice that is too small or not there is a doubt', async () => {
    const rare = GOLDEN.map((row, i) => (i < 50 ? { ...row, language: 'br' } : row))
    expect(said(await judged({ policy, rows: rare }))).toBe('inconclusive: slice-too-small')
    expect(said(await judged({ policy: { ...policy, slices: ['country'] } }))).toBe(
      'inconclusive: slice-missing',
    )
    const unnamed = GOLDEN.map((row, i) => (i < 20 ? { ...row, language: '' } : row))
    expect(said(await judged({ policy, rows: unnamed }))).toBe('inconclusive: slice-too-small')
  })

  test('R41 a column with a value a row is no slice', async () => {
    const evidence = { rows: { ...columns, slices: ['id2'] } }
    const rows = GOLDEN.map((row, i) => ({ ...row, id2: `x${i}` }))
    expect(said(await judged({ rows, evidence, policy: { ...policy, slices: ['id2'] } }))).toBe(
      'inconclusive: slice-too-many',
    )
  })

  test('R41 under a superior rule slices must be better, unless the policy gives them a margin', async () => {
    const primary = { metric: 'accuracy', direction: 'higher', rule: 'superior' }
    const rows = GOLDEN.map((row) =>
      row['language'] === 'fr' ? { ...row, challenger: row['champion'] } : row,
    )
    expect(said(await judged({ rows, policy: { ...policy, primary } }))).toBe('inconclusive: slice')
    expect((await judged({ rows, policy: { ...policy, primary, 'slice-margin': 0.02 } })).verdict).toBe(
      'promote',
    )
  })
})

describe('R42 the record', () => {
  test('R42 the same evidence gives the same bytes, and they are a valid verdict', async () => {
    const [first, second] = [await judged(), await judged()].map(canonicalJson)
    expect(first).toBe(second)
    const parsed = verdictSchema.parse(JSON.parse(first ?? ''))
    expect(parsed).toMatchObject({
      model: { digest: digestNamed('challenger') },
      champion: { digest: digestNamed('champion') },
      dataset: { digest: digestNamed('data'), rows: 2000 },
      evidence: digestNamed('evidence'),
      seed: 7,
      code: 'a'.repeat(40),
    })
  })

  test('R42 other evidence draws other resamples of the same question', async () => {
    const other = await judged({ context: { evidence: digestNamed('other evidence') } })
    const same = await judged()
    expect(other.metrics[0]?.interval).not.toEqual(same.metrics[0]?.interval)
    expect(other.metrics[0]?.difference).toBe(same.metrics[0]?.difference)
  })

  test.each([
    ['model', { facts: { model: digestNamed('flipped') } }],
    ['champion', { facts: { champion: digestNamed('flipped') } }],
    ['image', { facts: { image: `repo@${digestNamed('flipped')}` as const } }],
    ['code', { facts: { code: 'f'.repeat(40) } }],
  ] as const)('R42 a flipped digest of the %s refuses', async (what, context) => {
    const evidence = { image: `repo@${digestNamed('image')}` }
    expect((await judged({ evidence })).verdict).toBe('promote')
    expect(said(await judged({ evidence, context }))).toBe(
      `reject: ${what === 'code' ? 'code-differs' : `${what}-digest`}`,
    )
  })

  test('R42 what was not stated is reported as not checked', async () => {
    expect((await judged())['unchecked']).toEqual([
      'label version',
      'metric versions',
      'overlap of training and test rows',
      'image digest',
      'model digest in the registry',
    ])
  })
})

describe('R43 a first model', () => {
  const first = { champion: null, rows: { ...columns, champion: undefined } }

  test('R43 passes by floors, where the policy says bootstrap: true', async () => {
    expect(said(await judged({ evidence: first, policy: { bootstrap: true } }))).toBe(
      'promote: bootstrap, floor',
    )
    expect(said(await judged({ evidence: first, policy: { bootstrap: true, floors: { f1: 0.99 } } }))).toBe(
      'reject: floor',
    )
  })

  test('R43 never without that, and never without a floor', async () => {
    expect(said(await judged({ evidence: first }))).toBe('reject: no-champion')
    expect(said(await judged({ evidence: first, policy: { bootstrap: true, floors: {} } }))).toBe(
      'reject: no-floors',
    )
  })
})
