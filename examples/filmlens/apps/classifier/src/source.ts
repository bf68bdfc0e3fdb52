import type { Film } from './film.ts'
import { pick, randomFrom, shuffle } from './random.ts'
import { VOCABULARY } from './vocabulary.ts'

const SENSITIVE_SHARE = 0.4
/** Of the labels, as raters disagree. */
const LABEL_NOISE = 0.03
const DIRECTORS = 400

/**
 * The film source: `count` films, the same for the same seed. A film's label is settled first; its plot then draws
 * sentences of which some tell the label, some could stand in either kind, and some tell the genre. Titles tell nearly
 * nothing, so that a model that reads only titles is clearly worse.
 */
export function filmsFromSource(count: number, seed: number): readonly Film[] {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, index) => film(index, random))
}

function film(index: number, random: () => number): Film {
  const language = random() < 0.75 ? 'en' : 'es'
  const words = VOCABULARY[language]
  const truly = random() < SENSITIVE_SHARE
  const genres = Object.keys(words.genres) as [string, ...string[]]
  const genre = truly && random() < 0.35 ? 'thriller' : pick(random, genres)
  const sentences = [
    pick(random, words.genres[genre] ?? words.harmless),
    ...several(random, words.harmless, truly ? 1 : 2),
    ...several(random, words.ambiguous, 1),
    ...(truly ? [pick(random, words.sensitive)] : []),
    // Some harmless films mention what others show, and some sensitive ones say little.
    ...(!truly && random() < 0.06 ? [pick(random, words.sensitive)] : []),
  ]
  const shown = truly && random() < 0.07 ? sentences.slice(0, -1) : sentences
  const who = pick(random, words.people)
  const plot = shuffle(random, shown)
    .map((what) => words.sentence(who, what, pick(random, words.places)))
    .join(' ')
  const label = random() < LABEL_NOISE ? !truly : truly
  return {
    id: `f${String(index + 1).padStart(6, '0')}`,
    title: `${pick(random, words.titles)} ${1 + Math.floor(random() * 9)}`,
    year: 1960 + Math.floor(random() * 66),
    language,
    director: `d${Math.floor(random() ** 2 * DIRECTORS)}`,
    genre,
    plot,
    sensitive: label ? 1 : 0,
  }
}

function several(random: () => number, values: readonly [string, ...string[]], most: number): string[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(random, values))
}
