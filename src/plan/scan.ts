/**
 * The parts of a large JSON object that are wanted, without parsing the others: RFC 8259 read byte by byte, any size, in
 * chunks of any size. A plan of 100,000 resources is 633 MB, more than V8 can hold as one text.
 *
 * Brackets and strings are followed everywhere, so a file that was cut off or has text around it is refused; what else
 * stands inside skipped values is not looked at.
 */

/** What to do with the value of a top-level key: `elements` hands out the members of an array one by one. */
export type Wanted = 'skip' | 'value' | 'elements'

export interface ScanHandler {
  want(key: string): Wanted
  /** The bytes of one value; good until the call returns. */
  found(key: string, bytes: Uint8Array): void
}

/** The text is not one whole JSON object. */
export class ScanError extends Error {
  override readonly name = 'ScanError'
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c

/** What a byte outside of strings is: 0 part of a number or word, 1 white space, 2 opens, 3 closes, 4 the others. */
const KINDS = new Uint8Array(256)
for (const space of [0x20, 0x09, 0x0a, 0x0d]) KINDS[space] = 1
for (const open of '[{') KINDS[open.charCodeAt(0)] = 2
for (const close of ']}') KINDS[close.charCodeAt(0)] = 3
for (const mark of [QUOTE, COLON, COMMA]) KINDS[mark] = 4

/** Deeper than any plan; a limit for what is not one. */
const MAX_DEPTH = 1024

export class Scanner {
  readonly #handler: ScanHandler
  readonly #opened = new Uint8Array(MAX_DEPTH)
  #depth = 0
  #inString = false
  #escaped = false
  #ended = false
  /** Bytes before the ones at hand. */
  #offset = 0
  /** The beginning of a name or value whose end is in a later chunk: the first `#kept` bytes. Used over and over. */
  #buffer = Buffer.alloc(0)
  #kept = 0
  /** Where that, or the name or value at hand, begins. */
  #from = -1
  /** The top-level key whose value is being read. */
  #key: string | undefined
  #wanted: Wanted = 'skip'

  constructor(handler: ScanHandler) {
    this.#handler = handler
  }

  /** @throws {@link ScanError} at the first byte that no JSON object has there. */
  push(chunk: Uint8Array): void {
    const start = this.#kept
    const bytes = start === 0 ? chunk : this.#behindKept(chunk)
    const length = bytes.length
    let inString = this.#inString
    let escaped = this.#escaped
    for (let at = start; at < length; at++) {
      if (inString) {
        // Most bytes of a plan: a loop of their own.
        for (; at < length; at++) {
          const byte = bytes[at] as number
          if (escaped) escaped = false
          else if (byte === BACKSLASH) escaped = true
          else if (byte === QUOTE) break
        }
        inString = at === length
        continue
      }
      const byte = bytes[at] as number
      const kind = KINDS[byte] as number
      if (kind === 1 || (kind === 0 && this.#depth > 2)) continue
      if (kind === 4) {
        if (byte === QUOTE) {
          inString = true
          this.#begin(at)
        } else if (this.#depth <= 2) this.#separate(bytes, at, byte)
      } else if (kind === 2) {
        this.#open(at, byte)
      } else if (kind === 3) this.#close(bytes, at, byte)
      else this.#begin(at)
    }
    this.#inString = inString
    this.#escaped = escaped
    this.#carry(bytes)
  }

  /** @throws {@link ScanError} where the object is not over. */
  end(): void {
    if (this.#ended) return
    const read = this.#offset + this.#kept
    throw new ScanError(read === 0 ? 'it is empty' : `it is cut off after ${read} bytes`)
  }

  /** The depth at which the members stand that are handed out. */
  get #level(): number {
    return this.#wanted === 'elements' ? 2 : 1
  }

  /** A name, or a value that is wanted, begins here, unless one has begun already. */
  #begin(at: number): void {
    const depth = this.#depth
    if (depth > 2 || this.#from >= 0) return
    if (depth === 0) throw this.#error(at, this.#ended ? 'more text after the object' : 'text')
    const isName = depth === 1 && this.#key === undefined
    if (isName || (this.#wanted !== 'skip' && depth === this.#level)) this.#from = at
  }

  #open(at: number, byte: number): void {
    if (this.#depth > 0 || this.#ended) this.#begin(at)
    else if (byte !== 0x7b) throw this.#error(at, 'an array')
    if (this.#depth === MAX_DEPTH) throw this.#error(at, `more than ${MAX_DEPTH} brackets in one another`)
    this.#opened[this.#depth++] = byte
  }

  #close(bytes: Uint8Array, at: number, byte: number): void {
    // The brackets of a pair are two apart in ASCII.
    if (this.#depth === 0 || this.#opened[this.#depth - 1] !== byte - 2) {
      throw this.#error(at, 'a bracket that nothing opened')
    }
    this.#separate(bytes, at, byte)
    this.#depth--
    if (this.#depth === 0) this.#ended = true
  }

  /** What ends a name or a value: a colon, a comma, or the bracket of what it stands in. */
  #separate(bytes: Uint8Array, at: number, byte: number): void {
    const depth = this.#depth
    if (byte === COLON) {
      if (depth === 1) this.#name(bytes, at)
      return
    }
    if (this.#from >= 0 && this.#wanted !== 'skip' && depth === this.#level) {
      const value = bytes.subarray(this.#from, at)
      this.#from = -1
      this.#handler.found(this.#key ?? '', value)
    }
    if (depth !== 1) return
    this.#key = undefined
    this.#wanted = 'skip'
    this.#from = -1
  }

  #name(bytes: Uint8Array, at: number): void {
    if (this.#key !== undefined || this.#from < 0) throw this.#error(at, 'a colon without a name')
    const text = Buffer.from(bytes.subarray(this.#from, at)).toString('utf8')
    this.#from = -1
    try {
      this.#key = String(JSON.parse(text))
    } catch {
      throw this.#error(at, 'a colon without a name')
    }
    this.#wanted = this.#handler.want(this.#key)
  }

  #behindKept(chunk: Uint8Array): Uint8Array {
    const length = this.#kept + chunk.length
    this.#grow(length)
    this.#buffer.set(chunk, this.#kept)
    return this.#buffer.subarray(0, length)
  }

  /** A copy: the chunk belongs to its reader, who may fill it again. */
  #carry(bytes: Uint8Array): void {
    const from = this.#from < 0 ? bytes.length : this.#from
    const isOurs = this.#kept > 0
    this.#kept = bytes.length - from
    if (isOurs) this.#buffer.copyWithin(0, from, bytes.length)
    else if (this.#kept > 0) {
      this.#grow(this.#kept)
      this.#buffer.set(bytes.subarray(from))
    }
    if (this.#from >= 0) this.#from = 0
    this.#offset += from
  }

  #grow(length: number): void {
    if (this.#buffer.length >= length) return
    const larger = Buffer.alloc(2 * length)
    larger.set(this.#buffer.subarray(0, this.#kept))
    this.#buffer = larger
  }

  #error(at: number, what: string): ScanError {
    return new ScanError(`found ${what} at byte ${this.#offset + at}`)
  }
}
