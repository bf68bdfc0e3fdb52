import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GatePolicy } from '../../src/domain/models/policy.ts'
import { decide } from '../../src/gate/decide.ts'
import { duplicateKeys } from '../../src/gate/duplicate-keys.ts'
import { parseLooseJson } from '../../src/gate/loose-json.ts'
import { KeyWriter } from '../../src/gate/rows/store.ts'
import {
  type Case,
  contextOf,
  digestNamed,
  evidenceOf,
  GOLDEN,
  judged,
  policyOf,
  rowsOf,
  said,
} from './evidence.ts'

const base = evidenceOf()
const stated = (challenger: object, champion: object = { f1: 0.88 }): Case => ({
  rows: null,
  evidence: { metrics: { challenger, champion } },
})
const changed = (index: number, change: object): readonly Record<string, unknown>[] =>
  GOLDEN.map((row, i) => (i === index ? { ...row, ...change } : row))
const every = (
  change: (row: Record<string, unknown>, i: number) => object,
): readonly Record<string, unknown>[] => GOLDEN.map((row, i) => ({ ...row, ...change(row, i) }))
const side = (who: 'model' | 'champion', change: object): Case => ({
  evidence: { [who]: { ...(who === 'model' ? base.model : base.champion), ...change } },
})
const columns = base.rows

test('the golden evidence promotes, so that every refusal below is that of its own mutation', async () => {
  expect(said(await judged())).toBe('promote: floor, primary')
})

/** The gate list of PROMISES.md: what is wrong, the evidence, and the verdict with the one rule that it breaks. */
const LIST: readonly (readonly [name: string, what: Case, verdict: string])[] = [
  ['NaN', stated({ f1: Number.NaN }), 'reject: not-a-number'],
  ['an infinite metric', stated({ f1: Number.POSITIVE_INFINITY }), 'reject: infinite'],
  ['null', stated({ f1: null }), 'reject: null'],
  ['"0.93" as text', stated({ f1: '0.93' }), 'reject: text'],
  ['a boolean', stated({ f1: true }), 'reject: boolean'],
  ['a list', stated({ f1: [0.9] }), 'reject: wrong-type'],
  ['a missing metric', stated({}), 'reject: missing-metric'],
  ['a metric of one model only', stated({ f1: 0.9, accuracy: 0.9 }), 'reject: missing-metric'],
  ['an unknown extra metric', stated({ f1: 0.9, vibes: 1 }, { f1: 0.9, vibes: 1 }), 'reject: unknown-metric'],
  [
    'a renamed metric',
    stated({ f1_score: 0.9 }, { f1_score: 0.9 }),
    'reject: missing-metric, renamed-metric',
  ],
  [
    'a metric under two names',
    stated({ f1: 0.9, auc: 0.9, roc_auc: 0.8 }, { f1: 0.9, auc: 0.9, roc_auc: 0.8 }),
    'reject: duplicate-metric',
  ],
  ['percent against fraction', stated({ f1: 91 }), 'reject: percent'],
  ['a metric out of its range', stated({ f1: -0.2 }), 'reject: out-of-range'],
  ['a floor in percent', { policy: { floors: { f1: 80 } } }, 'reject: percent'],
  [
    'a key that stands twice',
    { context: { duplicateKeys: ['metrics.challenger.f1'] } },
    'reject: duplicate-metric',
  ],
  [
    'the wrong direction',
    { policy: { primary: { metric: 'f1', direction: 'lower', rule: 'superior' } } },
    'reject: wrong-direction',
  ],
  ['an unknown metric in the policy', { policy: { floors: { f2: 0.5 } } }, 'reject: unknown-metric'],
  [
    'noninferior without a margin',
    { policy: { primary: { metric: 'f1', direction: 'higher', rule: 'noninferior' } } },
    'reject: margin-missing',
  ],
  [
    'superior with a margin',
    { policy: { primary: { metric: 'f1', direction: 'higher', rule: 'superior', margin: 0.01 } } },
    'reject: margin-unused',
  ],
  [
    'a comparison of what rows do not hold',
    { policy: { guards: [{ metric: 'size_bytes', direction: 'lower', rule: 'superior' }] } },
    'reject: not-comparable',
  ],
  ['other data set digests', side('champion', { dataset: digestNamed('other') }), 'reject: dataset-differs'],
  [
    'another data set, spelt out',
    side('model', { dataset: { digest: digestNamed('other') } }),
    'reject: dataset-differs',
  ],
  [
    'another row count in the data set',
    { evidence: { dataset: { digest: digestNamed('data'), rows: 1999 } } },
    'reject: row-count',
  ],
  [
    'a champion scored on fewer rows',
    side('champion', { dataset: { digest: digestNamed('data'), rows: 10 } }),
    'reject: row-count',
  ],
  [
    'another label version',
    { evidence: { labelVersion: '2', champion: { ...base.champion, labelVersion: '1' } } },
    'reject: label-version',
  ],
  [
    'another preprocessing version',
    {
      evidence: {
        model: { ...base.model, preprocessing: 'b' },
        champion: { ...base.champion, preprocessing: 'a' },
      },
    },
    'reject: preprocessing',
  ],
  [
    'another metric version',
    {
      evidence: {
        model: { ...base.model, metricVersions: { f1: '2' } },
        champion: { ...base.champion, metricVersions: { f1: '1' } },
      },
    },
    'reject: metric-version',
  ],
  ['metrics of another run', side('champion', { run: 'run-0' }), 'reject: other-run'],
  ['another seed', side('champion', { seed: 8 }), 'reject: seed-differs'],
  [
    'overlap of training and test rows',
    { evidence: { trainRowHashes: 'train.txt' }, context: { trained: keysOf(['x', 'r5', 'r6']) } },
    'reject: train-test-overlap',
  ],
  ['duplicated rows', { rows: changed(1, { id: 'r0' }) }, 'reject: duplicate-ids'],
  [
    'a row under two ids',
    {
      rows: every((_, i) => ({ hash: `h${i === 1 ? 0 : i}` })),
      evidence: { rows: { ...columns, hash: 'hash' } },
    },
    'reject: duplicate-rows',
  ],
  ['an unpaired row', { rows: changed(3, { champion: '' }) }, 'reject: unpaired'],
  [
    'an unpaired score',
    { rows: changed(3, { challenger_score: '' }), policy: { floors: { roc_auc: 0.5 } } },
    'reject: unpaired',
  ],
  ['a row without a label', { rows: changed(3, { label: '' }) }, 'reject: label-missing'],
  ['a row without an id', { rows: changed(3, { id: '' }) }, 'reject: unpaired'],
  [
    'NaN in a row',
    { rows: changed(3, { champion_score: 'nan' }), policy: { floors: { roc_auc: 0.5 } } },
    'reject: not-a-number',
  ],
  [
    'an infinite number in a row',
    { rows: changed(3, { champion_score: '-inf' }), policy: { floors: { roc_auc: 0.5 } } },
    'reject: infinite',
  ],
  [
    'text among numbers',
    { rows: changed(3, { champion_score: 'high' }), policy: { floors: { roc_auc: 0.5 } } },
    'reject: text',
  ],
  [
    'scores in percent',
    {
      rows: every((row) => ({ challenger_score: 100 * Number(row['challenger_score']) })),
      policy: { floors: { brier: 0 } },
    },
    'reject: percent',
  ],
  [
    'a negative latency',
    { rows: changed(3, { latency: -1 }), policy: { budgets: { latency_p95_ms: 50 } } },
    'reject: out-of-range',
  ],
  [
    'labels in another vocabulary',
    { rows: every((row) => ({ challenger: row['challenger'] === 1 ? 'spam' : 'ham' })) },
    'reject: labels-differ',
  ],
  ['constant predictions', { rows: every(() => ({ challenger: 0 })) }, 'reject: constant-predictions'],
  [
    'constant scores',
    { rows: every(() => ({ challenger_score: 0.5 })), policy: { floors: { roc_auc: 0.4 } } },
    'reject: constant-predictions',
  ],
  ['one class', { rows: every(() => ({ label: 0 })) }, 'inconclusive: one-class, undefined-metric'],
  [
    'one class in a slice',
    {
      rows: every((row, i) => (i % 2 === 0 ? { label: 0 } : { label: row['label'] })),
      policy: {
        slices: ['language'],
        floors: {},
        primary: { metric: 'roc_auc', direction: 'higher', rule: 'noninferior', margin: 0.5 },
      },
    },
    'inconclusive: slice-undefined',
  ],
  ['n = 0', { rows: [] }, 'inconclusive: no-rows'],
  [
    'n = 1',
    {
      rows: GOLDEN.slice(0, 1),
      policy: {
        primary: { metric: 'accuracy', direction: 'higher', rule: 'noninferior', margin: 0.02 },
        floors: {},
      },
    },
    'inconclusive: too-few-rows',
  ],
  [
    'weights that sum to 0',
    { rows: every(() => ({ weight: 0 })), evidence: { rows: { ...columns, weight: 'weight' } } },
    'reject: zero-weight',
  ],
  [
    'a negative weight',
    {
      rows: every((_, i) => ({ weight: i === 9 ? -1 : 1 })),
      evidence: { rows: { ...columns, weight: 'weight' } },
    },
    'reject: negative-weight',
  ],
  [
    'a champion that moved',
    { context: { facts: { champion: digestNamed('new champion') } } },
    'reject: champion-digest',
  ],
  ['a champion that was deleted', { context: { facts: { champion: null } } }, 'reject: champion-digest'],
  ['outcomes of a champion that nobody names', { evidence: { champion: null } }, 'reject: champion-missing'],
  [
    'another model than the one in the registry',
    { context: { facts: { model: digestNamed('other') } } },
    'reject: model-digest',
  ],
  [
    'a model that the registry does not know',
    { context: { facts: { model: null } } },
    'reject: model-digest',
  ],
  [
    'another image than the one built',
    {
      evidence: { image: `repo@${digestNamed('a')}` },
      context: { facts: { image: `repo@${digestNamed('b')}` } },
    },
    'reject: image-digest',
  ],
  ['another commit', { context: { facts: { code: 'b'.repeat(40) } } }, 'reject: code-differs'],
  [
    'self-graded metrics',
    { evidence: { metrics: { challenger: { f1: 0.99 }, champion: { f1: 0.88 } } } },
    'reject: self-graded',
  ],
  [
    'a stale cache: other rows',
    { evidence: { rows: { ...columns, digest: digestNamed('old rows') } } },
    'reject: stale-cache',
  ],
  [
    'a stale cache: rows of another run',
    { evidence: { rows: { ...columns, run: 'run-0' } } },
    'reject: stale-cache',
  ],
  ['a seed that is not recorded', { evidence: { seed: undefined } }, 'reject: seed-missing'],
  [
    'the champion itself',
    { evidence: { model: { ...base.model, digest: digestNamed('champion') } } },
    'reject: same-model',
  ],
  ['no column for the metric', { policy: { floors: { rmse: 0, ndcg: 1 } } }, 'reject: unknown-metric'],
  [
    'a metric whose column nobody names',
    { policy: { floors: { cost_per_1k: 0 } } },
    'reject: missing-metric',
  ],
  ['a budget without a value', { policy: { budgets: { size_bytes: 10 } } }, 'reject: missing-metric'],
]

describe('R37 R38 the gate list, each with its own reason', () => {
  test.each(LIST)('R37 %s never promotes', async (_, what, verdict) => {
    expect(said(await judged(what))).toBe(verdict)
  })

  test('R37 a directly built policy without a direction, with an infinite threshold or without rules is refused', async () => {
    const verdicts = [
      { ...policyOf(), primary: { ...policyOf().primary, direction: undefined } },
      { ...policyOf(), floors: { f1: Number.NEGATIVE_INFINITY } },
      { ...policyOf(), primary: { ...policyOf().primary, margin: Number.NaN } },
      { ...policyOf(), primary: undefined },
    ].map((policy) =>
      said(decide(evidenceOf({ rows: undefined }), null, policy as unknown as GatePolicy, contextOf())),
    )
    expect(verdicts).toEqual([
      'reject: direction-missing',
      'reject: threshold-not-finite',
      'reject: threshold-not-finite',
      'reject: no-rules',
    ])
  })

  test('R37 values of other types than numbers in JSON lines are faults, not numbers', async () => {
    const evidence = { rows: { ...columns, path: 'rows.jsonl' } }
    const policy = { floors: { roc_auc: 0.5 } }
    const typed = every((row) => ({
      champion_score: Number(row['champion_score']),
      challenger_score: Number(row['challenger_score']),
    }))
    const withCell = (value: unknown): Case => ({
      evidence,
      policy,
      rows: typed.map((row, i) => (i === 3 ? { ...row, champion_score: value } : row)),
    })
    expect(said(await judged({ evidence, policy, rows: typed }))).toBe('promote: floor, primary')
    expect(said(await judged(withCell('0.93')))).toBe('reject: text')
    expect(said(await judged(withCell(true)))).toBe('reject: boolean')
    expect(said(await judged(withCell(null)))).toBe('reject: unpaired')
  })

  test('R37 whatever a stated metric is, only a finite number in range can promote', async () => {
    const anything = fc.oneof(fc.anything(), fc.double(), fc.constantFrom(Number.NaN, null, '0.93', true))
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const verdict = await judged({
          rows: null,
          evidence: { champion: null, metrics: { challenger: { f1: value } } },
          policy: { bootstrap: true },
        })
        const sound = typeof value === 'number' && value >= 0.7 && value <= 1
        expect(verdict.verdict === 'promote').toBe(sound)
        expect(verdict.reasons.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})

describe('R38 what does not matter', () => {
  test('R38 the order of rows changes no metric and no verdict', async () => {
    const forward = await judged()
    const backward = await judged({ rows: GOLDEN.toReversed() })
    expect(backward.metrics).toEqual(forward.metrics)
    expect(backward.verdict).toBe('promote')
  })

  test('R37 negative metrics and a champion at 0 are compared by differences', async () => {
    const rows = GOLDEN.map((row, i) => ({ ...row, a: 0, b: (i % 7) - 3.5, y: i % 2 }))
    const verdict = await judged({
      rows,
      evidence: { rows: { ...columns, champion: { gain: 'a' }, challenger: { gain: 'b' } } },
      policy: {
        primary: { metric: 'gain', direction: 'higher', rule: 'noninferior', margin: 1 },
        metrics: { gain: { kind: 'mean' } },
        floors: {},
      },
    })
    expect(verdict.metrics[0]).toMatchObject({ champion: 0 })
    expect(verdict.metrics[0]?.challenger).toBeCloseTo(-0.5, 1)
    expect(verdict.verdict).toBe('promote')
  })

  test('R37 lower-is-better metrics promote where they fall', async () => {
    const primary = { metric: 'brier', direction: 'lower', rule: 'superior' }
    const better = await judged({ policy: { primary, floors: {} } })
    const worse = await judged({
      policy: { primary, floors: {} },
      evidence: { rows: { ...columns, champion: columns?.challenger, challenger: columns?.champion } },
    })
    expect([better.verdict, worse.verdict]).toEqual(['promote', 'reject'])
    expect(better.metrics[0]?.challenger).toBeLessThan(better.metrics[0]?.champion ?? 0)
  })

  test('R37 models that tie on every row are equal: not better, and not worse', async () => {
    const rows = GOLDEN.map((row) => ({ ...row, challenger: row['champion'] }))
    const primary = { metric: 'accuracy', direction: 'higher', rule: 'superior' }
    expect(said(await judged({ rows, policy: { primary, floors: {} } }))).toBe('inconclusive: primary')
    const noninferior = { ...primary, rule: 'noninferior', margin: 0.02 }
    expect((await judged({ rows, policy: { primary: noninferior, floors: {} } })).verdict).toBe('promote')
  })
})

describe('R37 evidence as programs write it', () => {
  test('R37 NaN and Infinity of Python are read as what they mean', () => {
    const text = '{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN", "d": "x\\"NaN"}'
    expect(parseLooseJson(text)).toEqual({ a: Number.NaN, b: [-Infinity, Infinity], c: 'NaN', d: 'x"NaN' })
    expect(() => parseLooseJson('{"a": nan}')).toThrow(SyntaxError)
  })

  test('R37 the loose reader agrees with JSON.parse on all JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseLooseJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('R37 a key that stands twice is found, wherever it is', () => {
    expect(
      duplicateKeys(
        '{"metrics":{"challenger":{"f1":0.9,"f1":0.5},"champion":{"f1":1}},"x":[{"a":1,"a":2},{"a":1}]}',
      ),
    ).toEqual(['metrics.challenger.f1', 'x[0].a'])
  })

  test('R37 no key of valid JSON without duplicates is called one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(duplicateKeys(JSON.stringify(value))).toEqual([])
      }),
    )
  })
})

test('R37 the first offending row is named', async () => {
  const rows = changed(41, { champion_score: 'nan' })
  const policy = policyOf({ floors: { roc_auc: 0.5 } })
  const read = await rowsOf(rows, evidenceOf(), policy)
  expect(decide(evidenceOf(), read, policy, contextOf()).reasons.map(({ text }) => text)).toEqual([
    'NaN in column champion_score, row 42',
  ])
})

function keysOf(texts: readonly string[]): { high: Uint32Array; low: Uint32Array } {
  const writer = new KeyWriter()
  texts.forEach((text, row) => {
    writer.setText(row, text)
  })
  return { high: writer.high.subarray(0, texts.length), low: writer.low.subarray(0, texts.length) }
}
