import { nearestName } from '../domain/nearest.ts'

/** Table cells of edit distance that one hint may cost: a hostile file has hundreds of long unknown names. */
const CELLS = 10_000
const SHOWN = 24

/** `, did you mean api?`, or nothing. */
export function hint(typed: string, known: readonly string[], prefix = ''): string {
  const near = nearest(typed, known)
  return near === undefined ? '' : `, did you mean ${prefix}${near}?`
}

/** nearestName with bounded work: of names with a like length, as many as the budget allows. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  if (typed === '') return undefined
  const slack = Math.max(1, Math.floor(typed.length / 3))
  const alike = known.filter((name) => Math.abs(name.length - typed.length) <= slack)
  return nearestName(typed, alike.slice(0, Math.floor(CELLS / (typed.length * (typed.length + slack)))))
}

/** `known images: api, mlflow`; a long list ends with how many more there are. */
export function knownNames(kind: string, known: readonly string[]): string {
  if (known.length === 0) return `the file has no ${kind}`
  const rest = known.length - SHOWN
  const shown = known.slice(0, SHOWN).join(', ')
  return `known ${kind}: ${shown}${rest > 0 ? ` and ${rest} more` : ''}`
}
