/** One piece of work on a service at a time: a new one ends the one before, so that what its caller has given up never acts later. */
export class Turns {
  readonly #turns = new Map<string, AbortController>()

  /**
   * @param work its signal is aborted by the next piece of work, and by `given`
   * @param given aborted when the caller waits no more
   */
  async take<T>(service: string, work: (signal: AbortSignal) => Promise<T>, given?: AbortSignal): Promise<T> {
    const mine = new AbortController()
    this.#turns.get(service)?.abort(new Error('another step of the rollout has begun'))
    this.#turns.set(service, mine)
    try {
      return await work(given === undefined ? mine.signal : AbortSignal.any([mine.signal, given]))
    } finally {
      if (this.#turns.get(service) === mine) this.#turns.delete(service)
    }
  }
}
