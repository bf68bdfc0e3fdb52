import type { Problem } from '../domain/error.ts'
import {
  type Document,
  keyOffset,
  type Node,
  nodeAt,
  offsetAt,
  type Path,
  show,
  showPath,
} from './document.ts'
import type { RuleError } from './generated/validate.js'
import { hint } from './hint.ts'

/** One rule that was broken, and the part that broke it. */
export interface Found {
  readonly path: Path
  readonly problem: Problem
}

/** A broken rule of the schema in words: what was found, what is allowed, the nearest known name. */
export function explain(error: RuleError, before: RuleError | undefined, document: Document): Found[] {
  const path = pathOf(error, document)
  const { root } = document
  const label = path.length === 0 ? '' : `${showPath(path)}: `
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty'])
      const known = Object.keys(error.parentSchema['properties'] ?? {})
      const at = document.place(keyOffset(root, [...path, key]))
      return [
        {
          path: [...path, key],
          problem: {
            at,
            what: `${label}unknown key ${show(key)}${hint(key, known)}`,
            rule: `known keys: ${known.sort().join(', ')}`,
          },
        },
      ]
    }
    case 'required': {
      const key = String(error.params['missingProperty'])
      const properties = error.parentSchema['properties'] as Readonly<
        Record<string, RuleError['parentSchema']>
      >
      const at = document.place(keyOffset(root, path))
      return [
        {
          path: [...path, key],
          problem: { at, what: `${label}${key} is missing`, ...ruleOf(properties[key] ?? {}) },
        },
      ]
    }
    case 'propertyNames': {
      const key = String(error.params['propertyName'])
      const at = document.place(keyOffset(root, [...path, key]))
      return [
        {
          path: [...path, key],
          problem: {
            at,
            what: `${label}found the key ${show(key)}`,
            ...ruleOf(before?.parentSchema ?? {}),
          },
        },
      ]
    }
    default: {
      // The rule of a key is told by the `propertyNames` error that follows it.
      if (error.keyword === 'pattern' && nodeAt(root, path)?.kind === 'map') return []
      const at = document.place(offsetAt(root, path))
      return [
        {
          path,
          problem: {
            at,
            what: `${label}found ${show(error.data)}${nearHint(error)}`,
            ...ruleOf(error.parentSchema),
          },
        },
      ]
    }
  }
}

function nearHint(error: RuleError): string {
  if (error.keyword === 'enum' && typeof error.data === 'string') {
    return hint(error.data, (error.params['allowedValues'] as unknown[]).map(String))
  }
  if (error.keyword === 'type' && error.params['type'] === 'boolean' && typeof error.data === 'string') {
    if (/^(true|false)$/.test(error.data)) return ', write it without quotes'
    if (/^(yes|on|true)$/i.test(error.data)) return ', did you mean true?'
    return /^(no|off|false)$/i.test(error.data) ? ', did you mean false?' : ''
  }
  const wantsNumber = error.params['type'] === 'number' || error.params['type'] === 'integer'
  if (wantsNumber && typeof error.data === 'string' && /^-?[0-9.]+$/.test(error.data))
    return ', write it without quotes'
  if (error.params['type'] === 'array' && typeof error.data === 'string') return ', write it as a list'
  if (error.data === null && error.params['type'] === 'object') return ', write {} for all defaults'
  return ''
}

function ruleOf(schema: RuleError['parentSchema']): { rule?: string } {
  const rule = expectation(schema)
  return rule === undefined ? {} : { rule }
}

/** What a schema allows, in words: `expected a duration such as 30s or 5m`. */
function expectation(schema: RuleError['parentSchema']): string | undefined {
  const options = schema['enum']
  if (Array.isArray(options)) return `expected ${orList(options.map(String))}`
  switch (schema['type']) {
    case 'integer':
      return `expected a whole number${range(schema)}`
    case 'number':
      return `expected a number${range(schema)}`
    case 'boolean':
      return 'expected true or false'
    case 'array':
      return schema['minItems'] === 1 ? 'expected a list with at least one item' : 'expected a list'
    case 'object':
      return 'expected a map'
    default: {
      const title = schema['title'] ?? (schema['type'] === 'string' ? 'text' : undefined)
      const examples = Array.isArray(schema['examples'])
        ? ` such as ${orList(schema['examples'].map(String))}`
        : ''
      return title === undefined ? undefined : `expected ${title}${examples}`
    }
  }
}

function range(schema: RuleError['parentSchema']): string {
  const low = schema['minimum'] ?? schema['exclusiveMinimum']
  const high = schema['maximum'] ?? schema['exclusiveMaximum']
  const from =
    low === undefined || low === Number.MIN_SAFE_INTEGER
      ? undefined
      : `${schema['minimum'] === undefined ? 'above' : 'from'} ${low}`
  const to =
    high === undefined || high === Number.MAX_SAFE_INTEGER
      ? undefined
      : `${schema['maximum'] === undefined ? 'below' : 'to'} ${high}`
  if (from === undefined && to === undefined) return ''
  if (from !== undefined && to !== undefined)
    return schema['minimum'] === undefined ? ` ${from} and ${to}` : ` ${from} ${to}`
  return from !== undefined ? ` ${from}`.replace('from', 'of at least') : ` ${to}`.replace('to', 'of at most')
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** JSON pointer -> path, with list indexes as numbers. */
function pathOf(error: RuleError, document: Document): Path {
  const path: (string | number)[] = []
  let node: Node | undefined = document.root
  for (const part of error.instancePath.split('/').slice(1)) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(node?.kind === 'list' ? Number(step) : step)
    node = node === undefined ? undefined : nodeAt(node, [step])
  }
  return path
}
