import { createHash } from 'node:crypto'

/** The first hex digits of a text's sha256. */
export function shortHash(text: string, digits = 6): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}

/** A name cut to a cloud's limit; what was cut off lives on in a hash, so different names stay different. */
export function within(name: string, limit: number): string {
  return name.length <= limit ? name : `${name.slice(0, limit - 7).replace(/-+$/, '')}-${shortHash(name)}`
}
