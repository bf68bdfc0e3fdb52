/**
 * sluice.yml as a tree that remembers where each part stands. `set:` makes another tree that shares parts with the first;
 * a part keeps the place where it was written, so a bad override is reported where the override is.
 */
export type Path = readonly (string | number)[]

/** Offsets are UTF-16 units from the start of the text. */
export type Node = MapNode | ListNode | ScalarNode

export interface MapNode {
  readonly kind: 'map'
  readonly at: number
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  /** Where the key stands. */
  readonly at: number
  readonly value: Node
}

export interface ListNode {
  readonly kind: 'list'
  readonly at: number
  readonly items: readonly Node[]
}

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly at: number
  readonly value: string | number | boolean | null
  /** What stands in the file, where YAML made something else of unquoted text: `012` became 12. */
  readonly source?: string
}

export interface Document {
  /** As people call the file. */
  readonly file: string
  readonly root: MapNode
  /** `sluice.yml:14:9` of an offset; lines and columns count from 1, columns in UTF-16 units. */
  place(offset: number): string
  /** Where the value at this path stands; of what is not written, where its nearest ancestor stands. */
  at(path: Path): string
}

export function createDocument(file: string, text: string, root: MapNode): Document {
  const starts = lineStarts(text)
  const place = (offset: number): string => {
    const line = lineOf(starts, offset)
    return `${file}:${line + 1}:${offset - (starts[line] ?? 0) + 1}`
  }
  return { file, root, place, at: (path) => place(offsetAt(root, path)) }
}

/** Another tree of the same file, as `set:` makes it. */
export function withRoot(document: Document, root: MapNode): Document {
  return { ...document, root, at: (path) => document.place(offsetAt(root, path)) }
}

/** The part at a path; undefined where nothing is written there. */
export function nodeAt(root: Node, path: Path): Node | undefined {
  let node: Node | undefined = root
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.get(String(step))?.value
    else if (node?.kind === 'list') node = node.items[Number(step)]
    else return undefined
  }
  return node
}

/** Where a key stands; of a list item or the root, where its value does. */
export function keyOffset(root: Node, path: Path): number {
  const parent = nodeAt(root, path.slice(0, -1))
  const last = path.at(-1)
  const entry = parent?.kind === 'map' && last !== undefined ? parent.entries.get(String(last)) : undefined
  return entry?.at ?? offsetAt(root, path)
}

/** Where a value stands; a map or list that starts on a line of its own is found by its key. */
export function offsetAt(root: Node, path: Path): number {
  let node: Node = root
  let offset = root.at
  for (const step of path) {
    const entry = node.kind === 'map' ? node.entries.get(String(step)) : undefined
    const next: Node | undefined =
      entry?.value ?? (node.kind === 'list' ? node.items[Number(step)] : undefined)
    if (next === undefined) return offset
    offset = next.kind === 'scalar' || entry === undefined ? next.at : entry.at
    node = next
  }
  return offset
}

/** The plain value. Numbers that YAML made of unquoted text are numbers here. */
export function plainValue(node: Node): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainValue)
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainValue(entry.value)]))
}

/** The same tree with another part at the path, or without it; maps on the way are made as needed, at `at`. */
export function replaceAt(root: Node, path: Path, part: Node | undefined, at: number): Node {
  const [step, ...rest] = path
  if (step === undefined) return part ?? root
  if (root.kind === 'list') {
    const items = [...root.items]
    const index = Number(step)
    const item = items[index]
    if (item === undefined) return root
    if (rest.length === 0 && part === undefined) items.splice(index, 1)
    else items[index] = replaceAt(item, rest, part, at)
    return { ...root, items }
  }
  const entries = new Map(root.kind === 'map' ? root.entries : [])
  const key = String(step)
  const before = entries.get(key)
  if (rest.length === 0 && part === undefined) entries.delete(key)
  else {
    const inner = before?.value ?? { kind: 'map', at, entries: new Map() }
    entries.set(key, {
      at: before === undefined || rest.length === 0 ? at : before.at,
      value: replaceAt(inner, rest, part, at),
    })
  }
  return { kind: 'map', at: root.at, entries }
}

/** `services.api.connects[1]`, `apis.x.routes["GET /a"]`. */
export function showPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[\w-]+$/.test(step)) return `[${show(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}

/** A value for a message: JSON on one line, at most 60 characters, nothing that a terminal or a log would obey. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'a map'
  if (value === null || value === undefined) return 'nothing'
  if (typeof value !== 'string') return String(value)
  const short = value.length > 60 ? `${value.slice(0, 59)}…` : value
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff]$/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
  return starts
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
