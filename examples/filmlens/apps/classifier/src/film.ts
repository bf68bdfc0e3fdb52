/** One film as it stands in films.csv and in the table `films`. */
export interface Film {
  readonly id: string
  readonly title: string
  readonly year: number
  readonly language: 'en' | 'es'
  readonly director: string
  readonly genre: string
  readonly plot: string
  /** 1: shows violence, drugs or sex that a family would want to know of. */
  readonly sensitive: 0 | 1
}

export const FILM_COLUMNS = [
  'id',
  'title',
  'year',
  'language',
  'director',
  'genre',
  'plot',
  'sensitive',
] as const

export function filmFromRow(row: Readonly<Record<string, string>>): Film {
  const text = (column: string): string => {
    const value = row[column]
    if (value === undefined || value === '') throw new Error(`film ${row['id'] ?? '?'} has no ${column}`)
    return value
  }
  const sensitive = text('sensitive')
  const language = text('language')
  if (sensitive !== '0' && sensitive !== '1')
    throw new Error(`film ${text('id')}: sensitive is ${sensitive}, not 0 or 1`)
  if (language !== 'en' && language !== 'es')
    throw new Error(`film ${text('id')}: unknown language ${language}`)
  return {
    id: text('id'),
    title: text('title'),
    year: Number(text('year')),
    language,
    director: text('director'),
    genre: text('genre'),
    plot: text('plot'),
    sensitive: sensitive === '1' ? 1 : 0,
  }
}
