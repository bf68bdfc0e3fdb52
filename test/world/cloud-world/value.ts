/** What the world knows of an attribute: JSON, and what is known only after an apply. */
export type Value = null | boolean | number | string | Unknown | readonly Value[] | Attributes
export interface Attributes {
  readonly [name: string]: Value
}

/** A value that a plan promises and an apply fills in. */
export class Unknown {
  readonly unknown = true
}
export const UNKNOWN = new Unknown()

export const isObject = (value: Value | undefined): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown)

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value)

export function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Equal, whatever the order of keys; the order of lists counts. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, index) => equal(item, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]))
}

/** Every text inside a value. */
export function* textsIn(value: Value): Generator<string> {
  if (typeof value === 'string') yield value
  else if (isList(value)) for (const item of value) yield* textsIn(item)
  else if (isObject(value)) for (const item of Object.values(value)) yield* textsIn(item)
}
