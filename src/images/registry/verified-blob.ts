import { createHash, type Hash } from 'node:crypto'
import type { Blob } from './document.ts'
import { corrupted } from './trouble.ts'

/** Where bytes come from, again and again; from `from` up to, without, `to`. */
export type Ranged = (from: number, to: number) => AsyncIterable<Uint8Array>

/** The hash of everything before `at`. */
interface Mark {
  readonly at: number
  readonly hash: Hash
}

const MARK_EVERY = 32 * 1024 * 1024

/**
 * A blob that is read in parts, and in parts again after a cut, with every byte held against the one digest: a part starts
 * from the hash of what is before it, so what was read twice counts once. The last piece is only given when the whole is
 * right, so whoever writes the bytes as they come never completes a corrupted blob.
 */
export class VerifiedBlob {
  readonly #blob: Blob
  readonly #read: Ranged
  readonly #owner: string
  readonly #marks: Mark[] = [{ at: 0, hash: createHash('sha256') }]

  /** @param owner whom to name where it is corrupted. */
  constructor(blob: Blob, read: Ranged, owner: string) {
    this.#blob = blob
    this.#read = read
    this.#owner = owner
  }

  /** @throws SluiceError external where the bytes have another digest or another number. */
  async *read(from: number, to: number): AsyncGenerator<Uint8Array> {
    const { digest, size } = this.#blob
    const mark = this.#markBefore(from)
    const hash = mark.hash.copy()
    let at = mark.at
    let marked = mark.at
    let held: Uint8Array | undefined
    for await (const piece of this.#read(mark.at, to)) {
      if (held !== undefined) yield held
      hash.update(piece)
      const start = at
      at += piece.length
      held = at > from ? piece.subarray(Math.max(0, from - start)) : undefined
      if (at - marked >= MARK_EVERY) {
        this.#marks.push({ at, hash: hash.copy() })
        marked = at
      }
    }
    if (at !== to) throw this.#wrong(`has ${at} bytes in place of ${to}`)
    if (to === size) {
      if (`sha256:${hash.digest('hex')}` !== digest) throw this.#wrong('has another digest')
    } else this.#marks.push({ at, hash })
    if (held !== undefined) yield held
  }

  #markBefore(from: number): Mark {
    return this.#marks.reduce((best, mark) => (mark.at <= from && mark.at > best.at ? mark : best))
  }

  #wrong(what: string): Error {
    return corrupted(this.#owner, `blob ${this.#blob.digest} ${what}`)
  }
}
