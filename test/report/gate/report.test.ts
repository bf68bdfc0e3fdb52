import { expect, test } from 'vitest'
import type { Verdict } from '../../../src/domain/models/verdict.ts'
import { curvesOf } from '../../../src/gate/curves.ts'
import { explainVerdict } from '../../../src/report/gate/explain.ts'
import { markdownReport } from '../../../src/report/gate/markdown.ts'
import { htmlReport } from '../../../src/report/gate/page.ts'
import { classifierRows, evidenceOf, GOLDEN, judged, policyOf, rowsOf } from '../../gate/evidence.ts'

const POLICY = { slices: ['language'], floors: { f1: 0.7, roc_auc: 0.5 } }

async function page(verdict: Verdict): Promise<string> {
  return htmlReport(verdict, curvesOf(evidenceOf(), await rowsOf(GOLDEN, evidenceOf(), policyOf(POLICY))))
}

test('the summary says the verdict first, then why, the numbers and the next step', async () => {
  const report = markdownReport(await judged({ policy: POLICY }))
  const parts = [
    '### Promote: model sentiment version 7',
    '✅ f1 is',
    '| metric |',
    '| f1 (decides) |',
    '| slice |',
    '**Next:** roll it out',
    '<details>',
  ]
  const positions = parts.map((part) => report.indexOf(part))
  expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  expect(positions[0]).toBe(0)
})

test('what decides stands first among the reasons', async () => {
  const report = markdownReport(await judged({ policy: { floors: { f1: 0.99 } } }))
  expect(report).toMatch(/^### Reject/)
  expect(report.indexOf('❌')).toBeLessThan(report.indexOf('✅'))
})

test('an inconclusive verdict says how many rows would settle it, and that a person decides', async () => {
  const verdict = await judged({ rows: classifierRows(80, { gain: 0 }), policy: { floors: {} } })
  expect(markdownReport(verdict)).toMatch(
    /### Inconclusive[\s\S]*A person decides[\s\S]*evaluate on about [\d,]+ rows/,
  )
})

/** What people and runners could be tricked with. */
const HOSTILE =
  'x|y`z`<script>alert(1)</script> @org/team [a](http://evil) ![i](x) #12 \u202eabc\u200b\n::error::z\n</details>'

async function hostile(): Promise<Verdict> {
  const verdict = await judged({
    policy: POLICY,
    rows: GOLDEN.map((row, i) => ({ ...row, language: i % 2 === 0 ? 'en' : 'fr' })),
  })
  const [slice] = verdict.slices
  const [metric] = verdict.metrics
  if (slice === undefined || metric === undefined) throw new Error('nothing to attack')
  return {
    ...verdict,
    model: { ...verdict.model, name: HOSTILE, version: HOSTILE },
    champion: verdict.champion === null ? null : { ...verdict.champion, version: HOSTILE },
    reasons: [{ rule: 'slice', says: 'promote', text: HOSTILE }],
    slices: [{ ...slice, column: HOSTILE, value: HOSTILE }],
    metrics: [{ ...metric, name: HOSTILE, method: HOSTILE }],
    dataset: { ...verdict.dataset, digest: HOSTILE },
    code: HOSTILE,
    image: HOSTILE,
  }
}

test('R6 names cannot break out of a table, mention people, load images, hide text or give commands in Markdown', async () => {
  const report = markdownReport(await hostile())
  expect(report).not.toMatch(/<script|@org|!\[|\]\(|http:\/\/|[\u202e\u200b]|^\s*::/m)
  expect(report.match(/<\/details>/g)).toHaveLength(1)
  for (const line of report.split('\n').filter((text) => text.startsWith('|'))) {
    expect([7, 8]).toContain(line.split('|').length - 1)
  }
})

test('R6 names cannot become markup in the page', async () => {
  const html = await page(await hostile())
  expect(html).not.toMatch(/<script|<img|<details|<\/details|[\u202e\u200b]/)
  expect(html.match(/<main>/g)).toHaveLength(1)
})

test('the page is whole in itself: nothing is requested and nothing runs', async () => {
  const html = await page(await judged({ policy: POLICY }))
  expect(html).toMatch(/Content-Security-Policy" content="default-src 'none'/)
  expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|\bon\w+="/)
  const addresses = [...html.matchAll(/(?:src|href|url\()[="'(]*([^"')\s>]+)/g)].map(([, address]) => address)
  expect(addresses.filter((address) => !address?.startsWith('#'))).toEqual([])
  expect(html).toMatch(/prefers-color-scheme: dark/)
  expect(html).toMatch(/width=device-width/)
})

test('the page draws each metric, the slices, power, and three curves of both models', async () => {
  const verdict = await judged({ policy: POLICY })
  const html = await page(verdict)
  const compared = verdict.metrics.filter(({ interval }) => interval !== null).length
  expect(compared).toBeGreaterThanOrEqual(2)
  expect(html.match(/<svg/g)).toHaveLength(compared + 2 + 3)
  expect(html.match(/stroke="var\(--champion\)"/g)?.length).toBeGreaterThanOrEqual(3)
  for (const title of [
    'Difference of each metric',
    'Power',
    'Slices',
    'ROC',
    'Precision and recall',
    'Calibration',
    'Record',
  ]) {
    expect(html).toContain(`<h2>${title}</h2>`)
  }
})

test('a verdict without rows has a page too', async () => {
  const html = htmlReport(await judged({ rows: null, evidence: { metrics: { challenger: { f1: 0.9 } } } }))
  expect(html).toContain('never compared by stored scores')
  expect(html).not.toContain('<svg')
})

test('the same verdict gives the same page', async () => {
  const verdict = await judged({ policy: POLICY })
  expect(await page(verdict)).toBe(await page(verdict))
})

test('explaining tells the rule, the budget, every metric and every reason', async () => {
  const lines = explainVerdict(await judged({ policy: { ...POLICY, looks: 4 } })).join('\n')
  expect(lines).toMatch(/must be noninferior: promote where the interval lies above -0.02/)
  expect(lines).toMatch(/look 1 of 4, so this look may spend 0.0125/)
  expect(lines).toMatch(/metric f1: champion/)
  expect(lines).toMatch(/metric f1: .*\(bootstrap over joint classes, 500 resamples, alpha 0.0125\)/)
  expect(lines).toMatch(/power: standard error [\d.]+; finds a distance of [\d.]+ from the bound with 80 %/)
  expect(lines).toMatch(/promotes an equal model with [\d.]+ %, one that is truly as much better .* [\d.]+ %/)
  expect(lines).toMatch(/slice language=en: .* of Holm's procedure: promote/)
  expect(lines).toMatch(/promote: \[floor\]/)
})

test('explaining counts clusters as the units that they are', async () => {
  const clustered = { rows: { ...evidenceOf().rows, cluster: 'user' } }
  expect(explainVerdict(await judged({ evidence: clustered })).join('\n')).toMatch(
    /metric f1: .*100 independent units/,
  )
})
