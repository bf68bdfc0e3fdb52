const ACTIONS = Buffer.from('"actions"')
const CHANGE = Buffer.from('"change"')
const BEGINNING = Buffer.from('"change":{"actions":["no-op"]')
/** Escapes of ASCII letters and the underscore, which engines never write: a key could hide behind one. */
const HIDING = ['\\u005', '\\u006', '\\u007'].map((text) => Buffer.from(text))
/** Keys that make even a change without actions one to tell of. */
const TELLING = ['"importing"', '"previous_address"', '"deposed"'].map((key) => Buffer.from(key))

/**
 * Whether a member of `resource_changes` is certain to change nothing, from its bytes alone: parsing the untouched ones
 * is most of the work in a large plan. `false` where it is not certain, however unlikely: a second `actions` anywhere, an
 * escape that could hide one, another layout than that of the engines.
 *
 * A quotation mark inside a JSON string stands behind a backslash, so a key that is found here is not part of a value.
 */
export function isUntouched(bytes: Uint8Array): boolean {
  const element = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const change = element.indexOf(BEGINNING)
  if (change < 0) return false
  // At the top level of the element: its brace is the first one.
  if (element.indexOf('{', 1) !== change + CHANGE.length + 1) return false
  return (
    element.indexOf(CHANGE, change + 1) < 0 &&
    element.indexOf(ACTIONS, change + BEGINNING.length) < 0 &&
    [...TELLING, ...HIDING].every((text) => element.indexOf(text) < 0)
  )
}
