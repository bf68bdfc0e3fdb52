import type { EngineChange } from './engine-change.ts'

/** Takes values out of texts wherever they stand. */
export interface Hider {
  register(value: string): unknown
  text(text: string): string
}

/** Of `resource_changes`, or of `resource_drift`. */
export type ChangeKind = 'change' | 'drift'

type Which = { readonly address: string; readonly deposed?: string | undefined }

const SENSITIVE = '(sensitive)'
const HIDDEN = '(hidden)'
const LATER = '(known after apply)'
/** Characters of a value as it stands in the plan; a longer one is told by its length. */
const LONGEST = 4096
/** Characters that are shown. */
const SHOWN = 120
/** Providers do not mark everything: what is called so is never shown. */
const SECRET_NAME =
  /passw(or)?d|passphrase|secret|token|credential|private_?key|api_?key|access_?key|auth|connection_?string/i
/** A value that is only hidden by its name is looked for elsewhere from this length: `true` stands everywhere. */
const TELLING = 8

/**
 * Values of the attributes of a plan, for a team that has asked to see them (promise R6). What the engine calls sensitive is
 * never kept, nor what is called like a secret, and both are hidden wherever else they stand in the plan: in a policy, a name, a
 * tag.
 * https://developer.hashicorp.com/terraform/internals/json-format#change-representation
 */
export class PlanValues {
  readonly #hider: Hider
  readonly #kept = new Map<string, ReadonlyMap<string, string>>()

  constructor(hider: Hider) {
    this.#hider = hider
  }

  /** Takes a change as the engine wrote it; of one that changes nothing only what has to be hidden. */
  note(stack: string, kind: ChangeKind, raw: EngineChange): void {
    const { before, after, before_sensitive, after_sensitive, after_unknown } = raw.change ?? {}
    const was = membersOf(before, before_sensitive, undefined, this.#hider)
    const is = membersOf(after, after_sensitive, after_unknown, this.#hider)
    const names = new Set([...was.keys(), ...is.keys()])
    const shown = [...names].flatMap((name) => {
      const [old, now] = [was.get(name), is.get(name)]
      if (old === now && old !== SENSITIVE && old !== HIDDEN) return []
      return [[name, old === undefined ? (now ?? '') : `${old} → ${now ?? 'null'}`] as const]
    })
    const which = { address: String(raw.address ?? ''), deposed: raw.deposed as string | undefined }
    if (shown.length > 0) this.#kept.set(keyOf(stack, kind, which), new Map(shown))
  }

  /** Hides the values of sensitive outputs. */
  noteOutputs(outputs: unknown): void {
    for (const change of Object.values(record(outputs))) {
      const { before, after, before_sensitive, after_sensitive } = record(change)
      masked(before, before_sensitive, undefined, this.#hider)
      masked(after, after_sensitive, undefined, this.#hider)
    }
  }

  /** `"t3.small" → "t3.large"`; undefined where nothing is kept. Asked for when every stack was read. */
  of(stack: string, kind: ChangeKind, change: Which, attribute: string): string | undefined {
    const text = this.#kept.get(keyOf(stack, kind, change))?.get(attribute)
    if (text === undefined) return undefined
    // Cut when it is clean: half of a secret would not be found any more.
    const clean = this.#hider.text(text)
    return clean.length > SHOWN ? `${clean.slice(0, SHOWN)}…` : clean
  }
}

const keyOf = (stack: string, kind: ChangeKind, { address, deposed = '' }: Which): string =>
  JSON.stringify([stack, kind, address, deposed])

/** Top-level attributes as texts; those that are not set are left out. */
function membersOf(
  value: unknown,
  sensitive: unknown,
  unknown: unknown,
  hider: Hider,
): ReadonlyMap<string, string> {
  const clean = record(masked(value, sensitive, unknown, hider))
  return new Map(
    Object.entries(clean).flatMap(([name, member]) => {
      if (member === null || member === undefined) return []
      return [[name, textOf(member)] as const]
    }),
  )
}

const MARKS: ReadonlySet<unknown> = new Set([SENSITIVE, HIDDEN, LATER])

function textOf(value: unknown): string {
  if (MARKS.has(value)) return String(value)
  const text = JSON.stringify(value)
  return text.length > LONGEST ? `(${text.length} characters)` : text
}

/** A copy of the value with marks in the place of what is not shown, and that handed to the hider. */
function masked(value: unknown, sensitive: unknown, unknown: unknown, hider: Hider): unknown {
  if (sensitive === true) return hide(value, SENSITIVE, hider, 1)
  if (unknown === true) return LATER
  if (Array.isArray(value)) {
    return value.map((item, index) => masked(item, at(sensitive, index), at(unknown, index), hider))
  }
  if (typeof value === 'string') return inText(value, hider)
  if (typeof value !== 'object' || value === null) return isRecord(unknown) ? {} : value
  const body = value as Record<string, unknown>
  const names = new Set([...Object.keys(body), ...Object.keys(record(unknown))])
  const titled = [body['name'], body['Name'], body['key']].find((one) => typeof one === 'string')
  return Object.fromEntries(
    [...names].map((name) => {
      const isSecret =
        SECRET_NAME.test(name) || (/^value$/i.test(name) && SECRET_NAME.test(String(titled ?? '')))
      const mask = at(sensitive, name)
      const member = body[name]
      if (isSecret && mask !== true && member !== null && typeof member !== 'boolean') {
        return [name, hide(member, HIDDEN, hider, TELLING)]
      }
      return [name, masked(member, mask, at(unknown, name), hider)]
    }),
  )
}

/** A policy, or definitions of containers, is a document in a text. */
function inText(text: string, hider: Hider): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.stringify(masked(JSON.parse(text), undefined, undefined, hider))
  } catch {
    return text
  }
}

/** Registers every leaf that is long enough. */
function hide(value: unknown, mark: string, hider: Hider, shortest: number): string | null | undefined {
  if (value === null || value === undefined) return value
  if (typeof value === 'object') for (const one of Object.values(value)) hide(one, mark, hider, shortest)
  else if (typeof value !== 'boolean' && String(value).length >= shortest) hider.register(String(value))
  return mark
}

const at = (value: unknown, key: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const record = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})
