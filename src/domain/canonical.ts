/**
 * JSON with exactly one spelling of each value, so that equal values have equal digests.
 *
 * Keys are sorted by UTF-16 code units, there is no white space, numbers and strings are written as ECMAScript writes
 * them: RFC 8785 (JSON Canonicalization Scheme). `undefined` members are left out, as in JSON.stringify.
 *
 * @throws TypeError on NaN, Infinity, functions and other values that JSON cannot say.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`
  }
  throw new TypeError(`a ${typeof value} has no JSON form`)
}
