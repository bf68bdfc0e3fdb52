/** Durations that repeat from run to run. */
export interface Sample {
  /** From 0 to 1. */
  uniform(): number
  /** Milliseconds around `usual`, normal with this share of it as deviation. */
  duration(usual: number, spread: number): number
}

/** Lehmer's generator: https://en.wikipedia.org/wiki/Lehmer_random_number_generator */
export function seeded(from = 42): Sample {
  let seed = from
  const uniform = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  return {
    uniform,
    duration: (usual, spread) => Math.max(usual / 3, Math.round(usual * (1 + spread * normal()))),
  }
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / values.length
