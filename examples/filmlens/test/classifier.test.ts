import { describe, expect, test } from 'vitest'
import { filmFromRow } from '../apps/classifier/src/film.ts'
import { learn } from '../apps/classifier/src/learner.ts'
import { Classifier } from '../apps/classifier/src/model.ts'
import { parsePin } from '../apps/classifier/src/pin.ts'
import { filmsFromSource } from '../apps/classifier/src/source.ts'

const films = filmsFromSource(3000, 7)
const [train, judged] = [films.slice(0, 2100), films.slice(2100)]

function f1(classifier: { predict(film: (typeof films)[number]): { sensitive: boolean } }): number {
  const counts = { right: 0, flagged: 0, sensitive: 0 }
  for (const film of judged) {
    const flagged = classifier.predict(film).sensitive
    counts.flagged += Number(flagged)
    counts.sensitive += film.sensitive
    counts.right += Number(flagged && film.sensitive === 1)
  }
  return (2 * counts.right) / (counts.flagged + counts.sensitive)
}

describe('the film source', () => {
  test('gives the same films for the same seed, and others for another', () => {
    expect(filmsFromSource(50, 7)).toEqual(films.slice(0, 50))
    expect(filmsFromSource(50, 8)).not.toEqual(films.slice(0, 50))
  })

  test('has both languages and both labels in every one', () => {
    const kinds = new Set(films.map((film) => `${film.language} ${film.sensitive}`))
    expect([...kinds].sort()).toEqual(['en 0', 'en 1', 'es 0', 'es 1'])
  })
})

describe('the learner', () => {
  test('reading plots is far better than flagging everything, and reading titles is not', () => {
    const everything = f1({ predict: () => ({ sensitive: true }) })
    const plots = f1(new Classifier(learn(train, { reads: 'plot', epochs: 8, seed: 7 })))
    const titles = f1(new Classifier(learn(train, { reads: 'title', epochs: 8, seed: 7 })))
    expect(plots).toBeGreaterThan(0.8)
    expect(plots - everything).toBeGreaterThan(0.2)
    expect(titles - everything).toBeLessThan(0.05)
  })

  test('learns the same model from the same films and seed', () => {
    const options = { reads: 'plot', epochs: 2, seed: 7 } as const
    expect(JSON.stringify(learn(train, options))).toBe(JSON.stringify(learn(train, options)))
  })

  test('says which words spoke for the flag', () => {
    const classifier = new Classifier(learn(train, { reads: 'plot', epochs: 8, seed: 7 }))
    const plot = 'In a harbour town, a young nurse sells heroin to children.'
    expect(classifier.predict({ title: 'Night Bakery', plot }).because.join(' ')).toContain('heroin')
  })
})

test('a damaged film, a damaged model and a pin that names no digest are refused', () => {
  expect(() => filmFromRow({ id: 'f1', title: 'x' })).toThrow('film f1 has no')
  const model = learn(train.slice(0, 100), { reads: 'plot', epochs: 1, seed: 7 })
  expect(() => new Classifier({ ...model, weights: [] })).toThrow('the model is damaged')
  expect(() => parsePin('champion')).toThrow('is no model pin')
})
