/**
 * A log of two streams in one file: each piece of output stands behind a line with its time, stream and length,
 * `1767225600000 o 17\n`. Pieces are written as they come, without looking for lines, so keeping a log costs no more
 * than copying it, and the order of the two streams is kept.
 */
export type Stream = 'stdout' | 'stderr'

export interface Frame {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly stream: Stream
  readonly bytes: Uint8Array
}

const HEADER = /^(\d{1,16}) ([oe]) (\d{1,10})$/
/** No header is longer: 16 + 10 digits, a letter, two blanks, a newline. */
const HEADER_LIMIT = 32

export function frameHeader(at: number, stream: Stream, length: number): string {
  return `${at} ${stream === 'stdout' ? 'o' : 'e'} ${length}\n`
}

/** Reads frames back from pieces of the file that end anywhere. A frame that is not whole yet waits for the rest. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** @throws Error where the bytes are no log of this form. */
  push(chunk: Uint8Array): Frame[] {
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      const newline = bytes.subarray(at, at + HEADER_LIMIT).indexOf(10)
      if (newline === -1) {
        if (bytes.length - at >= HEADER_LIMIT) throw new Error('this is no log: a header is missing')
        break
      }
      const header = HEADER.exec(bytes.toString('latin1', at, at + newline))
      if (header === null) throw new Error('this is no log: a header is damaged')
      const start = at + newline + 1
      const end = start + Number(header[3])
      if (end > bytes.length) break
      frames.push({
        at: Number(header[1]),
        stream: header[2] === 'o' ? 'stdout' : 'stderr',
        bytes: bytes.subarray(start, end),
      })
      at = end
    }
    this.#rest = bytes.subarray(at)
    return frames
  }
}
