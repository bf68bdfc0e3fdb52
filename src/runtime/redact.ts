import { REDACTED } from '../domain/secret.ts'

/**
 * A value shorter than this is not redacted: it would be found in ordinary words, and what is left of the text would tell
 * it. `register` says so, and the doors warn.
 */
export const SHORTEST_SECRET = 4

/** Lines of a many-line secret are only told apart from ordinary text (`}`, `type:`) from this length. */
const SHORTEST_LINE = 8

/**
 * Removes registered secret values from everything that is shown (promise R5): the value as it is, in base64 at every
 * alignment, URL-encoded, JSON-escaped, and each line of it.
 */
export class Redactor {
  readonly #forms = new Set<string>()

  /** False where the value is too short to be redacted. An empty value is nothing, and true. */
  register(value: string): boolean {
    if (value === '') return true
    if (value.trim().length < SHORTEST_SECRET) return false
    for (const form of secretForms(value)) this.#forms.add(form)
    return true
  }

  /** All that is looked for. */
  get forms(): Iterable<string> {
    return this.#forms
  }

  /** The text with every form of every secret replaced; overlapping finds become one. */
  text(text: string): string {
    const there = [...this.#forms].filter((form) => text.includes(form))
    const [only] = there
    if (only === undefined) return text
    if (there.length === 1 && !overlapsItself(only)) return text.replaceAll(only, REDACTED)
    const spans = there.flatMap((form) => finds(text, form)).sort((a, b) => a[0] - b[0])
    let result = ''
    let end = 0
    for (const [from, to] of spans) {
      if (from >= end) result += text.slice(end, from) + REDACTED
      end = Math.max(end, to)
    }
    return result + text.slice(end)
  }

  /** Plain data with every string in it redacted, keys too. */
  data<T>(value: T): T {
    return this.#data(value) as T
  }

  #data(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') return this.text(String(value)) === String(value) ? value : REDACTED
    if (Array.isArray(value)) return value.map((item) => this.#data(item))
    if (typeof value !== 'object' || value === null) return value
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.#data(value.toJSON())
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#data(item)]))
  }
}

/** Every spelling of a secret that tools are known to print. */
export function secretForms(secret: string): readonly string[] {
  const lines = secret
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE)
  const values = [...new Set([secret, secret.trim(), ...lines])]
  return [...new Set(values.flatMap(spellings))]
}

function spellings(value: string): string[] {
  const url = encodeURIComponent(value.toWellFormed())
  const strictUrl = url.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  const json = JSON.stringify(value).slice(1, -1)
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    json.replaceAll('/', '\\/'),
    // Go and .NET escape what could end a script element.
    json.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    ...[url, strictUrl].flatMap((form) => [
      form,
      form.replaceAll('%20', '+'),
      form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    ]),
    ...base64Forms(value),
  ]
}

/**
 * In the base64 of a longer text a secret appears in one of three alignments. Of each, the characters that depend only on
 * the secret are kept: 8 bits a byte against 6 a character, so the first ceil(8k/6) after k foreign bytes are shared.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value)
  const aligned = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const ownFrom = Math.ceil((before * 8) / 6)
    const ownTo = Math.floor(((before + bytes.length) * 8) / 6)
    return encoded.slice(ownFrom, ownTo)
  })
  return [bytes.toString('base64'), ...aligned]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}

/** Whether two finds of it can share characters: it ends as it begins. */
function overlapsItself(form: string): boolean {
  for (let length = 1; length < form.length; length++) if (form.endsWith(form.slice(0, length))) return true
  return false
}

function finds(text: string, form: string): [number, number][] {
  const found: [number, number][] = []
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
    found.push([at, at + form.length])
  }
  return found
}
