const NEWLINE = 10
const RETURN = 13

/** A longer line is cut into pieces of this many bytes, so that output without newlines cannot fill the memory. */
export const LINE_LIMIT = 64 * 1024

/**
 * Cuts bytes into lines wherever the chunks end. A line ends at LF or CR LF; a bare CR stays in it, because what shows the
 * line decides what a progress bar becomes. Bytes that are no UTF-8 become U+FFFD.
 */
export class LineSplitter {
  readonly #limit: number
  #rest: Buffer[] = []
  #size = 0

  constructor(limit = LINE_LIMIT) {
    this.#limit = limit
  }

  push(chunk: Uint8Array): string[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const lines: string[] = []
    let from = 0
    while (from < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, from)
      const end = newline === -1 ? bytes.length : newline
      const room = this.#limit - this.#size
      if (end - from > room) {
        lines.push(this.#finish(bytes.subarray(from, from + room)))
        from += room
      } else if (newline === -1) {
        this.#rest.push(Buffer.from(bytes.subarray(from)))
        this.#size += bytes.length - from
        from = bytes.length
      } else {
        lines.push(this.#finish(bytes.subarray(from, end)))
        from = end + 1
      }
    }
    return lines
  }

  /**
   * All lines that end in this chunk as one text with newlines between them; undefined where none ends. A CR before a newline stays,
   * since what shows the text takes it for a part of the line's end.
   */
  block(chunk: Uint8Array): string | undefined {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const first = bytes.indexOf(NEWLINE)
    const last = bytes.lastIndexOf(NEWLINE)
    const begun = this.push(first === -1 ? bytes : bytes.subarray(0, first + 1))
    const whole = first < last ? [bytes.toString('utf8', first + 1, last)] : []
    const rest = first === -1 ? [] : this.push(bytes.subarray(last + 1))
    const all = [...begun, ...whole, ...rest]
    return all.length === 0 ? undefined : all.join('\n')
  }

  /** What stands after the last newline, where there is something. */
  end(): string[] {
    return this.#size === 0 ? [] : [this.#finish(Buffer.alloc(0))]
  }

  #finish(last: Buffer): string {
    const line = this.#size === 0 ? last : Buffer.concat([...this.#rest, last])
    this.#rest = []
    this.#size = 0
    const end = line.at(-1) === RETURN ? line.length - 1 : line.length
    return line.toString('utf8', 0, end)
  }
}
