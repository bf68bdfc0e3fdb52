/** How long the same thing took before, and whether few looks matter more than an early answer. Milliseconds. */
export interface Expectation {
  readonly past: readonly number[]
  readonly frugal?: boolean
}

/** With the jitter of a wait: 15 s near the expected end, 60 s before it (promise R25). */
const NEAR = 12_500
const FAR = 50_000
/** Between the earliest and the latest end of the past. */
const DENSE = 2_300
/** A frugal wait sleeps once, to this share of what is usual. */
const FRUGAL = 0.72

/**
 * Milliseconds to the next look, `elapsed` after the beginning. Without a past, looks grow rarer from the dense pace on; with one, they
 * are rare until it may be over, dense while it usually ends, and grow rarer again when it is late.
 */
export function nextLook(elapsed: number, { past, frugal = false }: Expectation): number {
  const sorted = past.toSorted((a, b) => a - b)
  const usual = sorted[sorted.length >> 1]
  const [earliest = 0] = sorted
  const latest = sorted.at(-1) ?? 0
  if (usual === undefined) return Math.min(NEAR, DENSE + elapsed / 20)
  if (frugal) {
    const left = Math.ceil(FRUGAL * usual) - elapsed
    return left > DENSE ? left : NEAR
  }
  // The next one may be quicker than all before.
  const may = earliest - (latest - earliest) / 3
  if (elapsed < may) return Math.max(DENSE, Math.min(FAR, may - elapsed))
  return elapsed <= latest ? DENSE : Math.min(NEAR, DENSE + (elapsed - latest) / 15)
}
