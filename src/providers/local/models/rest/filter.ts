import { invalid } from './error.ts'

/** One comparison of a search filter: `metrics.f1 > 0.9`, `tags."my tag" = 'x'`, `name LIKE '%film%'`. */
export interface Comparison {
  readonly kind: 'attribute' | 'metric' | 'param' | 'tag'
  readonly key: string
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'ILIKE'
  readonly value: string | number
}

const KINDS: Readonly<Record<string, Comparison['kind']>> = {
  '': 'attribute',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
}

const COMPARISON =
  /^\s*(?:([a-z]+)\.)?(?:([\w.-]+)|"([^"]+)"|`([^`]+)`)\s*(!=|>=|<=|=|<|>|LIKE\b|ILIKE\b)\s*(?:'([^']*)'|"([^"]*)"|(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?))\s*(?:\bAND\b|$)/i

/**
 * The search filters of MLflow ("Search Runs", MLflow documentation) as far as comparisons joined by AND.
 * @throws MlflowProblem INVALID_PARAMETER_VALUE on everything else.
 */
export function parseFilter(text: string): readonly Comparison[] {
  const comparisons: Comparison[] = []
  for (let rest = text; rest.trim() !== ''; ) {
    const match = COMPARISON.exec(rest)
    if (match === null) throw invalid(`Invalid clause(s) in filter string: '${rest.trim()}'`)
    const [whole, prefix = '', plain, quoted, ticked, operator = '=', single, double, number] = match
    const kind = KINDS[prefix.toLowerCase()]
    if (kind === undefined) throw invalid(`Invalid entity type '${prefix}' in filter string`)
    const value = number !== undefined ? Number(number) : (single ?? double ?? '')
    const key = plain ?? quoted ?? ticked ?? ''
    comparisons.push({ kind, key, operator: operator.toUpperCase() as Comparison['operator'], value })
    rest = rest.slice(whole.length)
    if (rest.trim() === '' && /\bAND\s*$/i.test(whole)) throw invalid(`Invalid filter string: '${text}'`)
  }
  return comparisons
}

/** Something that is not there meets no comparison. */
export function meets(actual: string | number | undefined, { operator, value }: Comparison): boolean {
  if (actual === undefined) return false
  const [a, b] = typeof value === 'number' ? [Number(actual), value] : [String(actual), value]
  switch (operator) {
    case '=':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case 'LIKE':
      return like(String(a), String(b))
    case 'ILIKE':
      return like(String(a).toLowerCase(), String(b).toLowerCase())
    default:
      return operator satisfies never
  }
}

/** SQL's LIKE, without a regular expression: a pattern of a stranger must not take exponential time. */
function like(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('%')
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false
  let from = first.length
  for (const part of rest) {
    const at = text.indexOf(part, from)
    if (at < 0 || at + part.length > text.length - last.length) return false
    from = at + part.length
  }
  return true
}
