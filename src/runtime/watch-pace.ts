/** How long the same thing took before, and whether few looks matter more than an early answer. Milliseconds. */
export interface Expectation {
  readonly past: readonly number[]
  readonly frugal?: boolean
}

/** SLUICE_FRUGAL=1: as few requests as possible. */
export function isFrugal(env: Readonly<Record<string, string | undefined>>): boolean {
  return ['1', 'true'].includes(env['SLUICE_FRUGAL'] ?? '')
}

/** With the jitter of a wait: 15 s near the expected end, 60 s before it (promise R25). */
const NEAR = 12_500
const FAR = 60_000
/** The pace of a wait that knows no past. */
const DENSE = 2_300
/** However sure the end is. */
const QUICKEST = 1_000
/** A frugal wait sleeps once, to this share of what is usual. */
const FRUGAL = 0.72
/** Looks that the time in which it usually ends is worth. */
const LOOKS = 8.5
const FRUGAL_LOOKS = 2.2
/** What is believed of the spread before there is a past, as a share of what is usual, and how many durations that is worth. */
const BELIEVED = 0.05
const BELIEF = 2

/**
 * Milliseconds to the next look, `elapsed` after the beginning. Without a past, looks grow rarer from the dense pace on; with one,
 * they are as dense as an end is likely, and grow rarer again when it is late.
 *
 * An end that is noticed on average after the half of a pause is noticed soonest, for a number of looks, where the pauses are
 * in inverse proportion to the square root of the hazard. That of the logistic distribution with this median and scale is
 * F / scale, so the looks are equal steps of its integral, asinh(e^(x/2)) with x = (elapsed - median) / scale.
 */
export function nextLook(elapsed: number, { past, frugal = false }: Expectation): number {
  const end = usualEnd(past)
  if (end === undefined) return Math.min(NEAR, DENSE + elapsed / 20)
  const { earliest, median, scale } = end
  const asleep = Math.ceil(FRUGAL * median) - elapsed
  if (frugal && asleep > 0) return asleep
  const looks = frugal ? FRUGAL_LOOKS : LOOKS
  const x = (elapsed - median) / scale
  if (x > LATE) {
    return Math.min(NEAR, Math.max(QUICKEST, (2 * scale) / looks) + (elapsed - median - LATE * scale) / 15)
  }
  const next = 2 * Math.log(Math.sinh(Math.asinh(Math.exp(x / 2)) + 1 / looks))
  // The first of the steps leads here; what was before is far from every end.
  const isFar = elapsed < earliest && x < -2 * Math.log(looks) - 0.01
  return Math.min(isFar ? FAR : NEAR, Math.max(QUICKEST, (next - x) * scale))
}

/** Scales after the median, by which 98 of 100 have ended. */
const LATE = 4

interface UsualEnd {
  readonly earliest: number
  readonly median: number
  readonly scale: number
}

/** The logistic distribution that durations like these come from; undefined where there is none. */
function usualEnd(past: readonly number[]): UsualEnd | undefined {
  const sorted = past.toSorted((a, b) => a - b)
  const count = sorted.length
  const median = sorted[count >> 1]
  if (median === undefined || median <= 0) return undefined
  const squares =
    sorted.reduce((sum, one) => sum + (one - median) ** 2, 0) + BELIEF * (BELIEVED * median) ** 2
  // The next one differs from a median that is itself uncertain.
  const variance = (squares / (count - 1 + BELIEF)) * (1 + 1 / count)
  return { earliest: sorted[0] ?? median, median, scale: Math.sqrt(3 * variance) / Math.PI }
}
