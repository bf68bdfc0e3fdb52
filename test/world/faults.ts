/** What happens at one request: the answer is lost before or after the effect, or the client dies there. */
export type Fault =
  | { readonly kind: 'error'; readonly when: 'before' | 'after'; readonly error: () => Error }
  | { readonly kind: 'kill'; readonly when: 'before' | 'after' }
  | { readonly kind: 'hang' }

/**
 * Sits between a client and the fake cloud and counts requests. Killing the client means that nothing ever answers it
 * again: no catch, no finally of it runs, as after SIGKILL.
 */
export class Wire {
  readonly requests: string[] = []
  readonly #plan: (request: string, number: number) => Fault | undefined
  readonly #killed: Promise<'killed'>
  #kill: () => void = () => {}
  #dead = false

  constructor(plan: (request: string, number: number) => Fault | undefined = () => undefined) {
    this.#plan = plan
    this.#killed = new Promise((resolve) => {
      this.#kill = () => resolve('killed')
    })
  }

  /** The client's end, or `killed`. */
  run<T>(client: Promise<T>): Promise<T | 'killed'> {
    return Promise.race([client, this.#killed])
  }

  get dead(): boolean {
    return this.#dead
  }

  async request<T>(name: string, effect: () => Promise<T>): Promise<T> {
    if (this.#dead) return never()
    this.requests.push(name)
    const fault = this.#plan(name, this.requests.length)
    if (fault?.kind === 'hang') return never()
    if (fault?.when === 'before') return this.#strike(fault)
    const answer = await effect()
    return fault === undefined ? answer : this.#strike(fault)
  }

  #strike(fault: Exclude<Fault, { kind: 'hang' }>): Promise<never> {
    if (fault.kind === 'error') return Promise.reject(fault.error())
    this.#dead = true
    this.#kill()
    return never()
  }

  /** Every method of a port, through the wire. */
  wrap<T extends object>(name: string, port: T): T {
    return new Proxy(port, {
      get: (target, key, receiver) => {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const result: unknown = this.#dead ? never() : undefined
          if (result !== undefined) return result
          // Lists and logs stream; their start is no request of its own here.
          if (key === 'list' && name === 'objects') return Reflect.apply(value, target, args)
          if (key === 'logs') return Reflect.apply(value, target, args)
          return this.request(
            `${name}.${String(key)}`,
            () => Reflect.apply(value, target, args) as Promise<unknown>,
          )
        }
      },
    })
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}
