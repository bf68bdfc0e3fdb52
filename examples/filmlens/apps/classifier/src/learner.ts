import { type Features, featuresOf, type Reads, textOf, tokens } from './features.ts'
import type { Film } from './film.ts'
import { type ModelFile, probability } from './model.ts'
import { randomFrom, shuffle } from './random.ts'

export interface LearningOptions {
  readonly reads: Reads
  readonly epochs: number
  readonly seed: number
  /** Tokens in fewer films than this are left out. */
  readonly minimumFilms?: number
  /** L2 penalty per step. */
  readonly penalty?: number
}

const LEARNING_RATE = 0.5

/**
 * Logistic regression by stochastic gradient descent with AdaGrad step sizes (Duchi, Hazan and Singer, JMLR 12, 2011)
 * over TF-IDF features. The threshold is the one with the best F1 on the training films.
 */
export function learn(films: readonly Film[], options: LearningOptions): ModelFile {
  const { reads, seed, epochs, minimumFilms = 3, penalty = 1e-5 } = options
  if (films.length === 0) throw new Error('there are no films to learn from')
  const { vocabulary, idf } = vocabularyOf(films, reads, minimumFilms)
  const positions = new Map(vocabulary.map((token, at) => [token, at]))
  const examples = films.map((film) => ({
    features: featuresOf(textOf(film, reads), positions, idf),
    label: film.sensitive,
  }))
  const weights = new Float64Array(vocabulary.length)
  const squares = new Float64Array(vocabulary.length + 1).fill(1e-8)
  const random = randomFrom(seed)
  let bias = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { features, label } of shuffle(random, [...examples])) {
      const error = probability(features, weights, bias) - label
      for (let i = 0; i < features.at.length; i++) {
        const at = features.at[i] ?? 0
        const gradient = error * (features.weight[i] ?? 0) + penalty * (weights[at] ?? 0)
        squares[at] = (squares[at] ?? 0) + gradient * gradient
        weights[at] = (weights[at] ?? 0) - (LEARNING_RATE * gradient) / Math.sqrt(squares[at] ?? 1)
      }
      const last = vocabulary.length
      squares[last] = (squares[last] ?? 0) + error * error
      bias -= (LEARNING_RATE * error) / Math.sqrt(squares[last] ?? 1)
    }
  }
  const rounded = Array.from(weights, (weight) => Number(weight.toPrecision(8)))
  return {
    schema: 'filmlens.model/v1',
    reads,
    vocabulary,
    idf,
    bias: Number(bias.toPrecision(8)),
    weights: rounded,
    threshold: bestThreshold(examples, rounded, bias),
  }
}

function vocabularyOf(
  films: readonly Film[],
  reads: Reads,
  minimum: number,
): { vocabulary: string[]; idf: number[] } {
  const inFilms = new Map<string, number>()
  for (const film of films) {
    for (const token of new Set(tokens(textOf(film, reads))))
      inFilms.set(token, (inFilms.get(token) ?? 0) + 1)
  }
  const kept = [...inFilms].filter(([, count]) => count >= minimum).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    vocabulary: kept.map(([token]) => token),
    idf: kept.map(([, count]) => Number((1 + Math.log(films.length / count)).toPrecision(8))),
  }
}

function bestThreshold(
  examples: readonly { features: Features; label: number }[],
  weights: readonly number[],
  bias: number,
): number {
  const scored = examples.map(({ features, label }) => ({
    score: probability(features, weights, bias),
    label,
  }))
  let best = { threshold: 0.5, f1: 0 }
  for (let threshold = 0.05; threshold < 0.96; threshold += 0.05) {
    const flagged = scored.filter(({ score }) => score >= threshold)
    const right = flagged.filter(({ label }) => label === 1).length
    const f1 = (2 * right) / (flagged.length + scored.filter(({ label }) => label === 1).length || 1)
    if (f1 > best.f1) best = { threshold: Number(threshold.toFixed(2)), f1 }
  }
  return best.threshold
}
