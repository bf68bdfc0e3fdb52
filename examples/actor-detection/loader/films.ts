import { seeded } from '../clips/clip.ts'

/** What the catalogue says of a film; its id is the name of its video. */
export interface CatalogueFilm {
  readonly movieId: string
  readonly title: string
  readonly genre: string
  readonly director: string
}

const GENRES = ['drama', 'comedy', 'thriller', 'documentary', 'western'] as const
const DIRECTORS = ['I. Castellan', 'M. Oyelaran', 'S. Brandt', 'T. Nakamura'] as const
const FIRST = ['Night', 'Silent', 'Last', 'Golden', 'Hidden', 'Broken'] as const
const SECOND = ['Bakery', 'Harbour', 'Winter', 'Signal', 'Garden', 'Bridge'] as const

/** A made-up catalogue: the same films for the same seed. */
export function catalogue(count: number, seed = 1): readonly CatalogueFilm[] {
  const random = seeded(seed)
  const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0]
  return Array.from({ length: count }, (_, i) => {
    const title = `${pick(FIRST)} ${pick(SECOND)} ${i + 1}`
    const movieId = title.toLowerCase().replaceAll(' ', '-')
    return { movieId, title, genre: pick(GENRES), director: pick(DIRECTORS) }
  })
}
