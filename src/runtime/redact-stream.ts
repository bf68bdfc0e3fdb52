import { REDACTED } from '../domain/secret.ts'

/** What waits for more is given up as it is beyond this: a secret that overlaps itself for longer is none. */
const WAITING_LIMIT = 256 * 1024

/**
 * Removes forms of secrets from bytes as they pass, wherever the pieces are cut. Only an end that could be the beginning of
 * a form waits for the next piece, so a line is not held up. Works on any bytes: nothing is decoded.
 */
export class StreamRedactor {
  /** One character a byte, so that positions are bytes and a search is one of latin-1 text. */
  readonly #forms: readonly string[]
  readonly #beginnings: ReadonlyMap<string, readonly string[]>
  readonly #longest: number
  #waiting = ''

  constructor(forms: Iterable<string>) {
    this.#forms = [...new Set([...forms].map((form) => Buffer.from(form, 'utf8').toString('latin1')))]
    const firsts = new Set(this.#forms.map((form) => form.charAt(0)))
    this.#beginnings = new Map(
      [...firsts].map((first) => [first, this.#forms.filter((form) => form.startsWith(first))]),
    )
    this.#longest = Math.max(0, ...this.#forms.map((form) => form.length))
  }

  /** What may be passed on now; may be empty. */
  push(piece: Uint8Array): Uint8Array {
    if (this.#forms.length === 0) return piece
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    const text = this.#waiting + bytes.toString('latin1')
    const spans = this.#spans(text)
    const end = text.length > WAITING_LIMIT ? text.length : this.#settled(text, spans)
    if (spans.length === 0 && this.#waiting === '' && end === text.length) return piece
    this.#waiting = text.slice(end)
    return redacted(text.slice(0, end), spans)
  }

  /** What was still waiting. */
  end(): Uint8Array {
    const text = this.#waiting
    this.#waiting = ''
    return redacted(text, this.#spans(text))
  }

  /** Where forms stand, in order and joined where they overlap. */
  #spans(text: string): Span[] {
    const found: Span[] = []
    for (const form of this.#forms) {
      for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
        found.push([at, at + form.length])
      }
    }
    const joined: Span[] = []
    for (const [from, to] of found.sort((a, b) => a[0] - b[0])) {
      const last = joined.at(-1)
      if (last === undefined || from >= last[1]) joined.push([from, to])
      else last[1] = Math.max(last[1], to)
    }
    return joined
  }

  /** Up to where nothing that comes can change the text: before the first end of it that begins a form. */
  #settled(text: string, spans: readonly Span[]): number {
    let from = Math.max(0, text.length - this.#longest + 1)
    while (from < text.length && !this.#begins(text, from)) from += 1
    const last = spans.at(-1)
    return last !== undefined && last[0] < from && last[1] > from ? last[0] : from
  }

  #begins(text: string, from: number): boolean {
    const candidates = this.#beginnings.get(text.charAt(from))
    if (candidates === undefined) return false
    const length = text.length - from
    return candidates.some((form) => form.length > length && text.endsWith(form.slice(0, length)))
  }
}

/** A whole stream, as it comes. */
export async function* redactedBy(
  redactor: StreamRedactor,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of source) yield redactor.push(piece)
  } finally {
    // What was written before a pipe broke counts too.
    yield redactor.end()
  }
}

type Span = [from: number, to: number]

function redacted(text: string, spans: readonly Span[]): Uint8Array {
  let result = ''
  let end = 0
  for (const [from, to] of spans) {
    if (to > text.length) break
    result += text.slice(end, from) + REDACTED
    end = to
  }
  return Buffer.from(result + text.slice(end), 'latin1')
}
