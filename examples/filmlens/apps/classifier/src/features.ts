import type { Film } from './film.ts'

/** What of a film the model reads. */
export type Reads = 'plot' | 'title'

/** Lower-case words, and pairs of neighbours: `close_range` says more than `close` and `range`. */
export function tokens(text: string): readonly string[] {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  return [...words, ...words.slice(1).map((word, i) => `${words[i]}_${word}`)]
}

export function textOf(film: Pick<Film, 'title' | 'plot'>, reads: Reads): string {
  return reads === 'title' ? film.title : film.plot
}

/** A sparse vector: positions in the vocabulary and their weights, of Euclidean length 1. */
export interface Features {
  readonly at: readonly number[]
  readonly weight: readonly number[]
}

/** Term frequency (1 + log tf) times inverse document frequency; tokens outside the vocabulary are dropped. */
export function featuresOf(
  text: string,
  positions: ReadonlyMap<string, number>,
  idf: readonly number[],
): Features {
  const counts = new Map<number, number>()
  for (const token of tokens(text)) {
    const at = positions.get(token)
    if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1)
  }
  const at = [...counts.keys()]
  const raw = at.map((position) => (1 + Math.log(counts.get(position) ?? 1)) * (idf[position] ?? 0))
  const length = Math.hypot(...raw) || 1
  return { at, weight: raw.map((value) => value / length) }
}
