import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curvesOf } from '../../../src/gate/curves.ts'
import { htmlReport } from '../../../src/report/gate/page.ts'
import { classifierRows, evidenceOf, judged, policyOf, rowsOf } from '../../gate/evidence.ts'
import { describeReal } from '../../real.ts'
import { show, startChromium, type View } from './browser.ts'

const DESK = { width: 1040, height: 900 }
/** The narrowest phone in use. */
const PHONE = { width: 360, height: 740 }
const VIEWS: readonly (readonly [name: string, view: View])[] = [
  ['a light screen', { ...DESK, theme: 'light' }],
  ['a dark screen', { ...DESK, theme: 'dark' }],
  ['a light phone', { ...PHONE, theme: 'light' }],
  ['a dark phone', { ...PHONE, theme: 'dark' }],
]
const POLICY = {
  slices: ['language'],
  floors: { f1: 0.7, roc_auc: 0.5, an_own_metric_with_a_name_that_is_far_too_long_for_a_phone: 0 },
  metrics: {
    an_own_metric_with_a_name_that_is_far_too_long_for_a_phone: {
      kind: 'mean',
      column: 'score',
      direction: 'higher',
    },
  },
}
/** One world for each verdict; the page colours them differently. */
const VERDICTS = { promote: { gain: 0.06 }, reject: { gain: -0.09 }, inconclusive: { gain: -0.012 } } as const

/** What in-page.js returns. */
interface Widths {
  readonly page: number
  readonly wide: readonly string[]
}
interface Figure {
  readonly title: string
  readonly marks: number
  readonly width: number
  readonly unseen: readonly string[]
}
interface Observed {
  readonly text: string
  readonly covered: readonly string[]
  readonly inside: boolean
}
interface Text {
  readonly where: string
  readonly text: string
  readonly contrast: number
}

describeReal('the report in a browser', ['chromium'], () => {
  let folder = ''
  let browser: Browser
  const fileOf = (verdict: string): string => join(folder, `${verdict}.html`)

  beforeAll(async () => {
    browser = await startChromium()
    folder = await mkdtemp(join(tmpdir(), 'sluice-report-'))
    for (const [name, options] of Object.entries(VERDICTS)) {
      const rows = classifierRows(2000, options)
      const verdict = await judged({ rows, policy: POLICY })
      expect(verdict.verdict).toBe(name)
      const curves = curvesOf(evidenceOf(), await rowsOf(rows, evidenceOf(), policyOf(POLICY)))
      await writeFile(fileOf(name), htmlReport(verdict, curves))
    }
  })
  afterAll(async () => {
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  })

  test.each(VIEWS)('fits %s: nothing runs out of it sideways', async (_, view) => {
    const { page, wide } = await show(browser, fileOf('promote'), view, (page) =>
      page.evaluate<Widths>('measureWidths()'),
    )
    expect(page).toBeLessThanOrEqual(view.width)
    expect(wide).toEqual([])
  })

  test.each(VIEWS)('draws every figure on %s, with marks that can be seen', async (_, view) => {
    const figures = await show(browser, fileOf('promote'), view, (page) =>
      page.evaluate<Figure[]>('measureFigures()'),
    )
    // Four differences, power, slices, ROC, precision and recall, calibration.
    expect(figures.length).toBeGreaterThanOrEqual(8)
    for (const figure of figures) {
      expect(figure.marks, figure.title).toBeGreaterThan(0)
      expect(figure.width, figure.title).toBeGreaterThan(150)
      expect(figure.unseen, figure.title).toEqual([])
    }
  })

  test.each(
    VIEWS.flatMap(([name, view]) => Object.keys(VERDICTS).map((verdict) => [verdict, name, view] as const)),
  )('says %s on %s with a contrast of 4.5 and more (WCAG 2.2, 1.4.3)', async (verdict, _, view) => {
    const texts = await show(browser, fileOf(verdict), view, (page) =>
      page.evaluate<Text[]>('measureTexts()'),
    )
    expect(texts.find(({ where }) => where === 'strong')?.text.toLowerCase()).toBe(verdict)
    expect(texts.length).toBeGreaterThan(20)
    expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([])
  })

  test.each([
    ['far below', -0.3, /^← observed -/],
    ['below', -0.03, /^observed -/],
    ['near', -0.012, /^observed /],
    ['far above', 0.3, /^observed \+.* →$/],
  ] as const)(
    'the observed difference, %s, is said inside of the power chart and on no other text',
    async (name, gain, text) => {
      const file = join(folder, `${name}.html`)
      const rows = classifierRows(4000, { gain })
      const curves = curvesOf(evidenceOf(), await rowsOf(rows, evidenceOf(), policyOf({})))
      await writeFile(file, htmlReport(await judged({ rows }), curves))
      const found = await show(browser, file, { ...PHONE, theme: 'light' }, (page) =>
        page.evaluate<Observed>('measureObserved()'),
      )
      expect(found).toEqual({ text: expect.stringMatching(text), covered: [], inside: true })
    },
  )

  test.each(Object.keys(VERDICTS))(
    'the page of %s loads nothing, runs nothing and complains of nothing',
    async (verdict) => {
      const quiet = await show(
        browser,
        fileOf(verdict),
        { ...DESK, theme: 'light' },
        async (page, noticed) => {
          await settled(page)
          return { ...noticed, scripts: await page.locator('script').count() }
        },
      )
      expect(quiet).toEqual({ errors: [], requests: [], scripts: 0 })
    },
  )

  test('the two themes are two: ground and text change sides', async () => {
    const lightness = (theme: 'light' | 'dark') =>
      show(browser, fileOf('promote'), { ...DESK, theme }, (page) => page.evaluate<number>('measureTheme()'))
    expect(await lightness('light')).toBeGreaterThan(300)
    expect(await lightness('dark')).toBeLessThan(-300)
  })
})

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
}
