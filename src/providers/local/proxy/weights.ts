export interface Weighted {
  readonly id: string
  readonly weight: number
}

/**
 * Smooth weighted round robin, as nginx does it (ngx_http_upstream_round_robin.c): every choice adds each weight to its
 * current value, takes the largest and subtracts the total. Over any 100 choices of weights that sum to 100, each id is
 * chosen exactly its weight times, spread evenly and not in runs.
 */
export class SmoothWeights {
  readonly #current = new Map<string, number>()

  /** undefined where nothing has a weight above 0. */
  choose<T extends Weighted>(candidates: readonly T[]): T | undefined {
    let total = 0
    let best: T | undefined
    let most = Number.NEGATIVE_INFINITY
    for (const candidate of candidates) {
      if (candidate.weight <= 0) continue
      total += candidate.weight
      const value = (this.#current.get(candidate.id) ?? 0) + candidate.weight
      this.#current.set(candidate.id, value)
      if (value > most) {
        most = value
        best = candidate
      }
    }
    if (best !== undefined) this.#current.set(best.id, most - total)
    return best
  }

  /** Forgets the past: after a change of weights the old credit means nothing. */
  reset(): void {
    this.#current.clear()
  }
}
