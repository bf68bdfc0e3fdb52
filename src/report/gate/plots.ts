import * as Plot from '@observablehq/plot'
import type { MetricResult, SliceResult, Verdict } from '../../domain/models/verdict.ts'
import type { ScoreCurves } from '../../gate/curves.ts'
import { signedNumber } from '../../gate/reasons.ts'
import { powerAt } from '../../gate/statistics/multiplicity.ts'
import { visible } from '../foreign-text.ts'

/** Drawn for a column of a page and a phone alike; wider screens show several side by side. */
const WIDTH = 420
const MORE_SLICES = 40

const CHALLENGER = 'var(--challenger)'
const CHAMPION = 'var(--champion)'
const FAINT = 'var(--line)'
const SAYS = {
  promote: 'var(--promote)',
  reject: 'var(--reject)',
  inconclusive: 'var(--inconclusive)',
} as const

const STYLE = { fontSize: '12px', background: 'transparent', overflow: 'visible' } as const

/** The DOM that the plotting library draws into; there is no browser's type for it here. */
export type FigureDocument = NonNullable<Plot.PlotOptions['document']>

/** Draws figures into a document that the caller provides: there is no browser where reports are made. */
export class Figures {
  readonly #document: FigureDocument

  constructor(document: FigureDocument) {
    this.#document = document
  }

  #draw(options: Plot.PlotOptions): string {
    const base = { document: this.#document, width: WIDTH, style: STYLE }
    return (Plot.plot({ ...base, ...options }) as unknown as { outerHTML: string }).outerHTML
  }

  /** The difference of one metric with its interval, against 0 and the bound that it must stay above. */
  difference({ difference, interval }: MetricResult, bound: number | null, says: keyof typeof SAYS): string {
    if (difference === null || interval === null) return ''
    const [low, high] = interval
    const color = bound === null ? 'currentColor' : SAYS[says]
    return this.#draw({
      height: 78,
      marginLeft: 12,
      marginRight: 12,
      marginTop: 20,
      marginBottom: 26,
      x: { ticks: 5, tickSize: 0, label: null, nice: true, domain: spread([low, high, 0, bound ?? 0]) },
      y: { axis: null, domain: [-1, 1] },
      marks: [
        Plot.ruleX([0], { stroke: FAINT, strokeWidth: 1.5 }),
        ...(bound === null || bound === 0
          ? []
          : [
              Plot.ruleX([bound], { stroke: 'currentColor', strokeDasharray: '4 3' }),
              Plot.text([bound], { x: (d: number) => d, frameAnchor: 'top', dy: -14, text: () => 'margin' }),
            ]),
        Plot.link([0], {
          x1: low,
          x2: high,
          y1: 0,
          y2: 0,
          stroke: color,
          strokeWidth: 4,
          strokeLinecap: 'round',
        }),
        Plot.dot([difference], { x: (d: number) => d, y: 0, r: 6, fill: color, stroke: 'var(--surface)' }),
      ],
    })
  }

  /** Every protected slice with its interval. */
  slices(slices: readonly SliceResult[], bound: number): string {
    const drawn = slices
      .filter((slice) => slice.interval !== null)
      .slice(0, MORE_SLICES)
      .map((slice) => ({
        name: short(`${slice.column} = ${slice.value}`),
        difference: slice.difference ?? 0,
        low: slice.interval?.[0] ?? 0,
        high: slice.interval?.[1] ?? 0,
        color: SAYS[slice.says],
      }))
    if (drawn.length === 0) return ''
    return this.#draw({
      height: 72 + drawn.length * 26,
      marginLeft: 8 + 6.6 * Math.max(...drawn.map(({ name }) => name.length)),
      marginTop: 22,
      marginRight: 16,
      marginBottom: 42,
      x: { ticks: 4, tickSize: 0, label: 'difference (better →)', labelAnchor: 'right', nice: true },
      y: { label: null, tickSize: 0, domain: drawn.map(({ name }) => name), type: 'band' },
      marks: [
        Plot.ruleX([0], { stroke: FAINT, strokeWidth: 1.5 }),
        ...(bound === 0 ? [] : [Plot.ruleX([bound], { stroke: 'currentColor', strokeDasharray: '4 3' })]),
        ...(bound === 0
          ? []
          : [Plot.text([bound], { x: (d: number) => d, frameAnchor: 'top', dy: -14, text: () => 'margin' })]),
        Plot.ruleY(drawn, {
          x1: 'low',
          x2: 'high',
          y: 'name',
          stroke: (d: { color: string }) => d.color,
          strokeWidth: 3,
        }),
        Plot.dot(drawn, {
          x: 'difference',
          y: 'name',
          r: 5,
          fill: (d: { color: string }) => d.color,
          stroke: 'var(--surface)',
        }),
      ],
      color: { type: 'identity' },
    })
  }

  roc(curves: readonly ScoreCurves[]): string {
    return this.#square('false positive rate →', '↑ true positive rate', [
      Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: FAINT, strokeDasharray: '3 3' }),
      ...curves.map(({ model, roc }) => Plot.lineY(roc, { x: 'x', y: 'y', ...stroke(model) })),
    ])
  }

  precisionRecall(curves: readonly ScoreCurves[]): string {
    return this.#square('recall →', '↑ precision', [
      ...curves.map(({ model, precisionRecall }) =>
        Plot.lineY(precisionRecall, { x: 'x', y: 'y', ...stroke(model) }),
      ),
    ])
  }

  calibration(curves: readonly ScoreCurves[]): string {
    return this.#square('mean score →', '↑ share of positives', [
      Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: FAINT, strokeDasharray: '3 3' }),
      ...curves.flatMap(({ model, calibration }) => [
        Plot.lineY(calibration, { x: 'x', y: 'y', ...stroke(model) }),
        Plot.dot(calibration, { x: 'x', y: 'y', r: 3.5, fill: colorOf(model) }),
      ]),
    ])
  }

  #square(x: string, y: string, marks: Plot.Markish[]): string {
    return this.#draw({
      height: 360,
      marginLeft: 40,
      marginTop: 26,
      marginBottom: 40,
      x: { domain: [0, 1], ticks: 5, tickSize: 0, label: x, labelAnchor: 'right', labelArrow: 'none' },
      y: { domain: [0, 1], ticks: 5, tickSize: 0, label: y, labelArrow: 'none', grid: true },
      marks,
    })
  }

  /** The probability of promotion against the true difference, at this number of rows and at multiples of it. */
  power(power: NonNullable<Verdict['power']>, difference: number | null): string {
    const [error, bound, alpha] = ['error', 'bound', 'alpha'].map((key) => Number(power[key]))
    if (error === undefined || bound === undefined || alpha === undefined || !(error > 0)) return ''
    const seen = difference ?? bound
    const low = Math.max(bound - 8 * error, Math.min(bound - 3 * error, seen - error))
    const high = Math.min(bound + 10 * error, Math.max(bound + 5 * error, seen + error))
    const curves = [1, 2, 4].map((times) => ({
      times,
      points: Array.from({ length: 81 }, (_, i) => {
        const x = low + ((high - low) * i) / 80
        return { x, y: powerAt(x, error / Math.sqrt(times), bound, alpha) }
      }),
    }))
    const observed =
      difference === null
        ? []
        : [placeObserved(difference, { low, high, y: powerAt(difference, error, bound, alpha) })]
    return this.#draw({
      height: 300,
      marginLeft: 40,
      marginTop: 26,
      marginBottom: 40,
      x: {
        ticks: 5,
        tickSize: 0,
        label: 'true difference (better →)',
        labelAnchor: 'right',
        labelArrow: 'none',
      },
      y: {
        domain: [0, 1],
        ticks: 5,
        tickSize: 0,
        label: '↑ probability of promotion',
        labelArrow: 'none',
        grid: true,
      },
      marks: [
        Plot.ruleX([0], { stroke: FAINT, strokeWidth: 1.5 }),
        ...(bound === 0 ? [] : [Plot.ruleX([bound], { stroke: 'currentColor', strokeDasharray: '4 3' })]),
        ...curves.toReversed().map(({ times, points }) =>
          Plot.lineY(points, {
            x: 'x',
            y: 'y',
            stroke: CHALLENGER,
            strokeWidth: times === 1 ? 2.5 : 1.2,
            strokeOpacity: times === 1 ? 1 : 0.75,
            ...(times === 1 ? {} : { strokeDasharray: times === 2 ? '6 3' : '2 3' }),
          }),
        ),
        Plot.dot(observed, { x: 'x', y: 'y', r: 6, fill: CHALLENGER, stroke: 'var(--surface)' }),
        ...observed.map((label) =>
          Plot.text([label], {
            x: 'x',
            y: 'y',
            dx: label.dx,
            dy: label.dy,
            textAnchor: label.anchor,
            stroke: 'var(--surface)',
            strokeWidth: 5,
            fill: 'currentColor',
            text: 'text',
          }),
        ),
      ],
    })
  }
}

/** A point of the power chart, and where its text has room. */
export interface Observed {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly anchor: 'start' | 'end'
  readonly dx: number
  readonly dy: number
}

/**
 * The observed difference on the power chart. One that is far off stands at the edge, with an arrow that says where it went: drawn to scale it
 * would leave the curve no room. The curve rises to the right, so below right of a point is free, but for the edges: at the right one the
 * text ends at the point, and above the axis it stands over it.
 */
export function placeObserved(
  difference: number,
  { low, high, y }: { readonly low: number; readonly high: number; readonly y: number },
): Observed {
  const value = `observed ${signedNumber(difference)}`
  const isRight = difference > (low + 3 * high) / 4
  return {
    x: Math.min(Math.max(difference, low), high),
    y,
    text: difference < low ? `← ${value}` : difference > high ? `${value} →` : value,
    anchor: isRight ? 'end' : 'start',
    dx: isRight ? 0 : 10,
    dy: y < 0.15 ? -16 : 18,
  }
}

function stroke(model: ScoreCurves['model']): Record<string, string | number> {
  return { stroke: colorOf(model), strokeWidth: model === 'challenger' ? 2.5 : 2 }
}

function colorOf(model: ScoreCurves['model']): string {
  return model === 'challenger' ? CHALLENGER : CHAMPION
}

/** A little room around the values, so that nothing touches the frame. */
function spread(values: readonly number[]): [number, number] {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const room = (high - low || 1) * 0.08
  return [low - room, high + room]
}

function short(name: string): string {
  const text = visible(name)
  return text.length > 24 ? `${text.slice(0, 23)}…` : text
}
