import type { Duplex } from 'node:stream'
import { Pool } from 'undici'

/** Shorter than what servers in use keep an idle connection for (gunicorn: 2 s), so that no request meets a closing one. */
const IDLE_CONNECTION = 1000
/** Connections to one process; further requests wait in the pool. */
const CONNECTIONS = 256
/** Time from the last byte of a request to the first of its answer; then 504. */
const ANSWER_TIMEOUT = 120_000

/** One process that serves: its connections, and what is in flight there. */
export class Upstream {
  readonly id: string
  readonly port: number
  readonly pool: Pool
  #inFlight = 0
  readonly #sockets = new Set<Duplex>()
  #idle: (() => void)[] = []

  constructor(id: string, port: number, answerTimeout = ANSWER_TIMEOUT) {
    this.id = id
    this.port = port
    this.pool = new Pool(`http://127.0.0.1:${port}`, {
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: IDLE_CONNECTION,
      keepAliveMaxTimeout: IDLE_CONNECTION,
      headersTimeout: answerTimeout,
      // A stream of events may be silent for as long as it likes.
      bodyTimeout: 0,
      connect: { timeout: 5000 },
    })
  }

  get inFlight(): number {
    return this.#inFlight
  }

  begin(): void {
    this.#inFlight += 1
  }

  end(): void {
    this.#inFlight -= 1
    if (this.#inFlight > 0) return
    for (const wake of this.#idle) wake()
    this.#idle = []
  }

  /** An upgraded connection counts as one request for as long as it lives. */
  hold(socket: Duplex): void {
    this.begin()
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.end()
    })
  }

  /** Resolves when nothing is in flight. */
  drained(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Ends connections; what is still in flight is cut. */
  async destroy(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.pool.destroy()
  }
}
