import { digestOf, hexOf } from '../domain/digest.ts'

const TWO_POW_MINUS_53 = 2 ** -53

/** Words drawn at once: a short loop over local numbers is compiled before a caller with many parts is. */
const AHEAD = 512

/**
 * xoshiro128++ 1.0 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021): 32-bit
 * words only, so every JavaScript engine gives the same stream for the same state.
 */
export class Random {
  readonly #state: Int32Array
  readonly #words = new Uint32Array(AHEAD)
  #used = AHEAD

  constructor(a: number, b: number, c: number, d: number) {
    // The all-zero state is the one fixed point of the generator.
    const zero = (a | b | c | d) === 0
    this.#state = Int32Array.of(zero ? 1 : a, b, c, d)
  }

  /** Uniform over the integers 0 to 2^32 - 1. */
  word(): number {
    if (this.#used === AHEAD) this.#draw()
    return this.#words[this.#used++] as number
  }

  #draw(): void {
    const words = this.#words
    let [a = 0, b = 0, c = 0, d = 0] = this.#state
    for (let i = 0; i < AHEAD; i++) {
      const sum = (a + d) | 0
      words[i] = (((sum << 7) | (sum >>> 25)) + a) | 0
      const t = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= t
      d = (d << 11) | (d >>> 21)
    }
    this.#state.set([a, b, c, d])
    this.#used = 0
  }

  /** Uniform over [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.word() >>> 5) * 67108864 + (this.word() >>> 6)) * TWO_POW_MINUS_53
  }

  /**
   * Uniform over the integers 0 to bound - 1, for a bound up to 2^32, without bias: the top half of word x bound, and
   * the few words that would favour small numbers are drawn again (Lemire, ACM TOMACS 29(1), 2019).
   */
  below(bound: number): number {
    const refused = (2 ** 32 - bound) % bound
    for (;;) {
      const word = this.word()
      const low = Math.imul(word, bound) >>> 0
      // word x bound may need more than 53 bits; taking off its known low half first makes the division exact.
      if (low >= refused) return Math.round((word * bound - low) / 2 ** 32)
    }
  }
}

/**
 * The stream of one purpose, derived from a digest and a label: the same evidence gives the same numbers, whatever else was
 * drawn before.
 */
export function randomOf(seed: string, purpose: string): Random {
  const hex = hexOf(digestOf(`${seed}\n${purpose}`))
  const word = (index: number): number => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16)
  return new Random(word(0), word(1), word(2), word(3))
}
