import type { Problem } from '../domain/error.ts'
import { type Document, type Node, type Path, plainValue, showPath, withRoot } from './document.ts'
import { explain, type Found } from './explain.ts'
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
  const problems = [
    ...found.map(({ problem }) => problem),
    ...unclearNumbers(document).filter(({ at }) => !found.some(({ problem }) => problem.at === at)),
  ]
  if (removed.length > 0) {
    value = plainValue(document.root)
    // From the back, so that the indexes of list items stay what they were.
    for (const path of [...removed].reverse()) takeOut(value, path)
    run(value)
  }
  return { document, value: value as Partly<Config>, problems, removed }
}

function takeOut(value: unknown, path: Path): void {
  let holder = value
  for (const step of path.slice(0, -1)) {
    if (typeof holder !== 'object' || holder === null) return
    holder = Object.entries(holder).find(([key]) => key === String(step))?.[1]
  }
  const last = path.at(-1)
  if (Array.isArray(holder) && typeof last === 'number') holder.splice(last, 1)
  else if (typeof holder === 'object' && holder !== null && last !== undefined)
    Reflect.deleteProperty(holder, last)
}

function run(value: unknown): readonly RuleError[] {
  return validate(value) ? [] : [...(validate.errors ?? [])]
}

/** `tag: 1.10` where text is wanted: the text is what stands in the file, not what YAML's number prints as. */
function recoverText(document: Document, errors: readonly RuleError[]): Document | undefined {
  const wanted = new Set(
    errors
      .filter(({ keyword, params }) => keyword === 'type' && params['type'] === 'string')
      .map((error) => error.instancePath),
  )
  let isChanged = false
  const rebuild = (node: Node, pointer: string): Node => {
    if (node.kind === 'list')
      return { ...node, items: node.items.map((item, index) => rebuild(item, `${pointer}/${index}`)) }
    if (node.kind === 'map') {
      const entries = [...node.entries].map(([key, entry]) => {
        const step = key.replaceAll('~', '~0').replaceAll('/', '~1')
        return [key, { at: entry.at, value: rebuild(entry.value, `${pointer}/${step}`) }] as const
      })
      return { ...node, entries: new Map(entries) }
    }
    if (node.source === undefined || node.value === null || !wanted.has(pointer)) return node
    isChanged = true
    return { kind: 'scalar', at: node.at, value: node.source }
  }
  const root = wanted.size === 0 ? document.root : rebuild(document.root, '')
  return isChanged && root.kind === 'map' ? withRoot(document, root) : undefined
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
