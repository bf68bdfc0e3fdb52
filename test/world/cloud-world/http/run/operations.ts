import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { Refused } from './answer.ts'

/** Virtual milliseconds until an operation says that it has ended. */
const LASTS = 5000

interface Started {
  readonly endsAt: number
  readonly result: () => object
  /** Of the result: `Service`. */
  readonly type: string
  readonly error: string | undefined
}

/**
 * Long-running operations: a request is taken at once and ends later, well or not
 * (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.operations).
 */
export class Operations {
  readonly #clock: Clock
  readonly #started = new Map<string, Started>()
  /** The next operations fail with this although their requests were taken. */
  failWith: string | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  start(
    of: string,
    type: string,
    result: () => object,
    { failedBy, lasts = LASTS }: { readonly failedBy?: string | undefined; readonly lasts?: number } = {},
  ): object {
    const name = `${of.split('/').slice(0, 4).join('/')}/operations/${this.#started.size + 1}`
    const error = failedBy ?? this.failWith
    this.#started.set(name, { endsAt: this.#clock.now() + lasts, result, type, error })
    return this.get(name)
  }

  get(name: string): object {
    const found = this.#started.get(name)
    if (found === undefined) throw new Refused('NOT_FOUND', `operation ${name} does not exist`)
    const { endsAt, result, type, error } = found
    if (this.#clock.now() < endsAt) return { name }
    return error === undefined
      ? {
          name,
          done: true,
          response: { '@type': typeUrl(type), ...result() },
        }
      : { name, done: true, error: { code: 9, message: error } }
  }
}

export const typeUrl = (type: string): string => `type.googleapis.com/google.cloud.run.v2.${type}`
