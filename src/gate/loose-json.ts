/**
 * JSON as programs really write it: Python's json module writes NaN, Infinity and -Infinity as bare words. A string that never ends is one
 * token too: looked for anew at each of its quotes, it would take the square of its length.
 */
const TOKENS = /"(?:[^"\\]|\\.)*"?|-?\bInfinity\b|\bNaN\b/g
const MARK = '\u0000sluice:'

/**
 * JSON.parse that also reads those three words as the numbers they mean, so that the gate can answer them with a reason
 * of their own instead of a syntax error.
 *
 * @throws SyntaxError
 */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!/NaN|Infinity/.test(text) || text.includes('\\u0000sluice:')) throw error
    const marked = text.replace(TOKENS, (token) =>
      token.startsWith('"') ? token : JSON.stringify(MARK + token),
    )
    return JSON.parse(marked, (_, value: unknown) =>
      typeof value === 'string' && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value,
    )
  }
}
