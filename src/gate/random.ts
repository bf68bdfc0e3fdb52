import { digestOf, hexOf } from '../domain/digest.ts'

const TWO_POW_MINUS_53 = 2 ** -53

/**
 * xoshiro128++ 1.0 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021): 32-bit
 * words only, so every JavaScript engine gives the same stream for the same state.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(a: number, b: number, c: number, d: number) {
    // The all-zero state is the one fixed point of the generator.
    const zero = (a | b | c | d) === 0
    this.#a = zero ? 1 : a | 0
    this.#b = b | 0
    this.#c = c | 0
    this.#d = d | 0
  }

  /** Uniform over the integers 0 to 2^32 - 1. */
  word(): number {
    const sum = (this.#a + this.#d) | 0
    const result = (((sum << 7) | (sum >>> 25)) + this.#a) | 0
    const t = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= t
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result >>> 0
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
