const BEGINNING = Buffer.from('"change":{"actions":["no-op"]')
/** The names in front of a change are short: behind this many bytes it is not looked for. */
const WITHIN = 2048
/**
 * What makes a change worth a closer look: a key that tells more than the actions, or gives them a second time; and escapes
 * of ASCII letters and the underscore, which engines never write and such a key could hide behind.
 */
const TELLING = /"(?:change|actions|importing|previous_address|deposed)"|\\u00[567]/

/**
 * Whether a member of `resource_changes` is certain to change nothing, from its bytes alone: parsing the untouched ones
 * is most of the work in a large plan. `false` where it is not certain, however unlikely, and in another layout than that of
 * the engines.
 *
 * A quotation mark inside a JSON string stands behind a backslash, so a key that is found here is not part of a value.
 */
export function isUntouched(bytes: Uint8Array): boolean {
  const element = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const change = element.subarray(0, WITHIN).indexOf(BEGINNING)
  // At the top level of the element: no brace has been opened before it.
  if (change < 0 || element.indexOf('{', 1) < change) return false
  const rest = change + BEGINNING.length
  return (
    !TELLING.test(element.toString('latin1', 0, change)) && !TELLING.test(element.toString('latin1', rest))
  )
}
