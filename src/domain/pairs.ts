import { type Problem, usageError } from './error.ts'
import { isName, NAME_RULE } from './name.ts'

/**
 * `epochs=3` of a command line or of an input's lines, as a record; the value may hold `=` and may be empty.
 *
 * @throws SluiceError usage with every bad pair at once
 */
export function parsePairs(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {}
  const problems: Problem[] = []
  for (const text of texts) {
    const at = text.indexOf('=')
    const name = at === -1 ? text : text.slice(0, at)
    if (at === -1) problems.push({ what: `${JSON.stringify(text)} is not NAME=VALUE` })
    else if (!isName(name)) problems.push({ what: `${JSON.stringify(name)} is not a name`, rule: NAME_RULE })
    else if (Object.hasOwn(pairs, name)) problems.push({ what: `${name} is given twice` })
    else pairs[name] = text.slice(at + 1)
  }
  const [first, ...rest] = problems
  if (first !== undefined) throw usageError([first, ...rest])
  return pairs
}
