import type { Problem } from '../domain/error.ts'
import { nearestName } from '../domain/nearest.ts'
import {
  type Document,
  keyOffset,
  type Node,
  nodeAt,
  offsetAt,
  type Path,
  plainValue,
  replaceAt,
  show,
  showPath,
  withRoot,
} from './document.ts'
import validate, { type RuleError } from './generated/validate.js'
import type { Config } from './schema/config.ts'

/** Everything may be missing: what was wrong has been taken out, so that the rest can still be checked. */
export type Partly<T> = T extends readonly (infer Item)[]
  ? readonly Partly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]?: Partly<T[K]> | undefined }
    : T

export interface Shaped {
  readonly document: Document
  /** With defaults; complete exactly when there are no problems. */
  readonly value: Partly<Config>
  readonly problems: readonly Problem[]
  /** Paths that were taken out of `value`. */
  readonly removed: readonly Path[]
}

/** Judges keys, types and spellings by the schema. Text that YAML made a number or a boolean is read from the source. */
export function checkShape(written: Document): Shaped {
  let document = written
  let value = plainValue(document.root)
  let errors = run(value)
  const recovered = recoverText(document, errors)
  if (recovered !== undefined) {
    document = recovered
    value = plainValue(document.root)
    errors = run(value)
  }
  const found = firstOfEach(errors.flatMap((error, index) => explain(error, errors[index - 1], document)))
  const removed = found.map(({ path }) => path)
  const problems = [...found.map(({ problem }) => problem), ...unclearNumbers(document)]
  if (removed.length > 0) {
    let root: Node = document.root
    // From the back, so that the indexes of list items stay what they were.
    for (const path of [...removed].reverse())
      if (nodeAt(root, path)) root = replaceAt(root, path, undefined, 0)
    value = plainValue(root)
    run(value)
  }
  return { document, value: value as Partly<Config>, problems, removed }
}

function run(value: unknown): readonly RuleError[] {
  return validate(value) ? [] : [...(validate.errors ?? [])]
}

/** `tag: 1.10` where text is wanted: the text is what stands in the file, not what YAML's number prints as. */
function recoverText(document: Document, errors: readonly RuleError[]): Document | undefined {
  let root: Node = document.root
  for (const error of errors) {
    if (error.keyword !== 'type' || error.params['type'] !== 'string') continue
    const path = pathOf(error, document)
    const node = nodeAt(root, path)
    if (node?.kind !== 'scalar' || node.source === undefined || node.value === null) continue
    root = replaceAt(root, path, { kind: 'scalar', at: node.at, value: node.source }, keyOffset(root, path))
  }
  return root === document.root || root.kind !== 'map' ? undefined : withRoot(document, root)
}

/** Numbers that people read differently: 0800, 0x1F, and integers beyond 2^53. */
function unclearNumbers(document: Document): Problem[] {
  const problems: Problem[] = []
  const walk = (node: Node, path: Path): void => {
    if (node.kind === 'list') node.items.forEach((item, index) => void walk(item, [...path, index]))
    else if (node.kind === 'map') for (const [key, entry] of node.entries) walk(entry.value, [...path, key])
    else if (
      typeof node.value === 'number' &&
      node.source !== undefined &&
      isUnclear(node.value, node.source)
    ) {
      problems.push({
        at: document.place(node.at),
        what: `${showPath(path)}: found ${node.source}, which YAML reads as ${node.value}`,
        rule: 'a number is written in decimal digits without leading zeros',
      })
    }
  }
  // What `set:` says is judged where it is applied.
  const environments = document.root.entries.get('environments')
  for (const [key, entry] of document.root.entries) if (entry !== environments) walk(entry.value, [key])
  return problems
}

const isUnclear = (value: number, source: string): boolean =>
  /^[-+]?0[0-9xo]/.test(source) || (Number.isInteger(value) && !Number.isSafeInteger(value))

/** A value of the wrong type breaks its other rules too; the first says enough. */
function firstOfEach(found: readonly Found[]): Found[] {
  const seen = new Set<string>()
  return found.filter(({ path }) => seen.size < seen.add(JSON.stringify(path)).size)
}

interface Found {
  readonly path: Path
  readonly problem: Problem
}

function explain(error: RuleError, before: RuleError | undefined, document: Document): Found[] {
  const path = pathOf(error, document)
  const { root } = document
  const label = path.length === 0 ? '' : `${showPath(path)}: `
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty'])
      const known = Object.keys(error.parentSchema['properties'] ?? {})
      const near = nearestName(key, known)
      const hint = near === undefined ? '' : `, did you mean ${near}?`
      const at = document.place(keyOffset(root, [...path, key]))
      return [
        {
          path: [...path, key],
          problem: {
            at,
            what: `${label}unknown key ${show(key)}${hint}`,
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
          problem: { at, what: `${label}${key} is missing`, rule: expectation(properties[key] ?? {}) },
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
            rule: expectation(before?.parentSchema ?? {}),
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
            rule: expectation(error.parentSchema),
          },
        },
      ]
    }
  }
}

function nearHint(error: RuleError): string {
  if (error.keyword === 'enum' && typeof error.data === 'string') {
    const near = nearestName(error.data, (error.params['allowedValues'] as unknown[]).map(String))
    return near === undefined ? '' : `, did you mean ${near}?`
  }
  if (error.keyword === 'type' && error.params['type'] === 'boolean' && typeof error.data === 'string') {
    const said = { yes: true, on: true, true: true, no: false, off: false, false: false }[
      error.data.toLowerCase()
    ]
    return said === undefined ? '' : `, did you mean ${said}?`
  }
  const wantsNumber = error.params['type'] === 'number' || error.params['type'] === 'integer'
  if (wantsNumber && typeof error.data === 'string' && /^-?[0-9.]+$/.test(error.data))
    return ', write it without quotes'
  if (error.data === null && error.params['type'] === 'object') return ', write {} for all defaults'
  return ''
}

/** What a schema allows, in words: `expected a duration such as 30s or 5m`. */
export function expectation(schema: RuleError['parentSchema']): string {
  const options = schema['enum']
  if (Array.isArray(options)) return `expected ${orList(options.map(String))}`
  switch (schema['type']) {
    case 'string': {
      const examples = Array.isArray(schema['examples'])
        ? ` such as ${orList(schema['examples'].map(String))}`
        : ''
      return `expected ${schema['title'] ?? 'text'}${examples}`
    }
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
    default:
      return 'expected a value'
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
