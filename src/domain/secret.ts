export const REDACTED = '[redacted]'

/**
 * A value that must never be shown. Every way JavaScript turns an object into text gives `[redacted]`; only `reveal`
 * gives the value, so that each use can be found by searching for one word.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.toPrimitive](): string {
    return REDACTED
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED
  }
}
