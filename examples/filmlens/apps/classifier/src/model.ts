import { type Features, featuresOf, type Reads, textOf } from './features.ts'
import type { Film } from './film.ts'

/** model.json: logistic regression over TF-IDF, small enough to read. */
export interface ModelFile {
  readonly schema: 'filmlens.model/v1'
  readonly reads: Reads
  readonly vocabulary: readonly string[]
  readonly idf: readonly number[]
  readonly bias: number
  readonly weights: readonly number[]
  /** A film is flagged from this probability up. */
  readonly threshold: number
}

export interface Prediction {
  readonly sensitive: boolean
  /** P(sensitive), 0 to 1. */
  readonly score: number
  /** The words that spoke most for the flag. */
  readonly because: readonly string[]
}

export class Classifier {
  readonly #file: ModelFile
  readonly #positions: ReadonlyMap<string, number>

  constructor(file: ModelFile) {
    if (file.schema !== 'filmlens.model/v1') throw new Error(`unknown model schema ${String(file.schema)}`)
    if (file.vocabulary.length !== file.weights.length || file.idf.length !== file.weights.length) {
      throw new Error('the model is damaged: vocabulary, idf and weights differ in length')
    }
    this.#file = file
    this.#positions = new Map(file.vocabulary.map((token, at) => [token, at]))
  }

  predict(film: Pick<Film, 'title' | 'plot'>): Prediction {
    const { idf, reads, threshold, vocabulary, weights } = this.#file
    const features = featuresOf(textOf(film, reads), this.#positions, idf)
    const score = probability(features, weights, this.#file.bias)
    const because = features.at
      .map((at, i) => ({ token: vocabulary[at] ?? '', says: (weights[at] ?? 0) * (features.weight[i] ?? 0) }))
      .filter(({ says }) => says > 0)
      .sort((a, b) => b.says - a.says)
      .slice(0, 5)
      .map(({ token }) => token.replaceAll('_', ' '))
    return { sensitive: score >= threshold, score, because }
  }
}

export function probability(features: Features, weights: ArrayLike<number>, bias: number): number {
  let sum = bias
  for (let i = 0; i < features.at.length; i++)
    sum += (weights[features.at[i] ?? 0] ?? 0) * (features.weight[i] ?? 0)
  return 1 / (1 + Math.exp(-sum))
}
