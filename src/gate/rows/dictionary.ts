import { COMMA } from './characters.ts'

const FNV_PRIME = 0x01000193
const FNV_BASIS = 0x811c9dc5

const KNOWN = 4096

/**
 * Texts to codes, straight from UTF-8 bytes: a string is made only once for each distinct text. Open addressing over
 * FNV-1a hashes; equal hashes are told apart by their bytes.
 */
export class Dictionary {
  readonly values: string[] = ['']
  /**
   * Codes of the texts of one byte that no delimiter, quote or line end can be, where they fit into a byte; 0 for those
   * that have not occurred.
   */
  readonly single = new Uint8Array(256)
  /** Codes of the first texts that came as strings. */
  readonly #known = new Map<string, number>()
  #slots = new Int32Array(64).fill(-1)
  #hashes: number[] = [0]
  #bytes: Uint8Array[] = [new Uint8Array(0)]

  /** Code of bytes[start, end); the empty text is 0. */
  code(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length === 1) {
      const known = this.single[bytes[start] ?? 0] ?? 0
      if (known > 0) return known
    } else if (length === 0) return 0
    let hash = FNV_BASIS
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), FNV_PRIME)
    hash ^= hash >>> 15
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const code = this.#slots[slot] ?? -1
      if (code < 0) break
      if (this.#hashes[code] === hash && this.#equals(code, bytes, start, end)) return code
      slot = (slot + 1) & mask
    }
    return this.#add(hash, new Uint8Array(bytes.subarray(start, end)))
  }

  codeOf(text: string): number {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const bytes = Buffer.from(text, 'utf8')
    const code = this.code(bytes, 0, bytes.length)
    if (this.#known.size < KNOWN) this.#known.set(text, code)
    return code
  }

  #equals(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.#bytes[code]
    if (known === undefined || known.length !== end - start) return false
    for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false
    return true
  }

  #add(hash: number, bytes: Uint8Array): number {
    const code = this.values.length
    this.values.push(Buffer.from(bytes).toString('utf8'))
    this.#bytes.push(bytes)
    this.#hashes.push(hash)
    const first = bytes[0] ?? 0
    if (bytes.length === 1 && first > COMMA && code <= 255) this.single[first] = code
    if (this.values.length * 2 > this.#slots.length) this.#grow()
    else this.#place(code, hash)
    return code
  }

  #place(code: number, hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while ((this.#slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask
    this.#slots[slot] = code
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    for (let code = 1; code < this.values.length; code++) this.#place(code, this.#hashes[code] ?? 0)
  }
}
