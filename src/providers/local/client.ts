import { externalError, SluiceError } from '../../domain/error.ts'
import type { Argv } from '../../runtime/runtime.ts'
import type { ProviderContext } from '../provider.ts'
import type { DaemonApi, Method } from './daemon/api.ts'
import { type Attached, daemonCommand, ensureDaemon } from './daemon/launch.ts'
import { fromWire, wireErrorSchema } from './daemon/wire.ts'

/** Settling and pausing wait for requests in flight and for processes to stop. */
const CALL_TIMEOUT = 180_000

/**
 * The supervisor as its callers see it: started when it is first needed, and again (once) where it has died between two
 * calls, which is safe because every method may be repeated.
 */
export class DaemonClient implements DaemonApi {
  readonly #context: ProviderContext
  readonly #command: Argv
  #attached: Promise<Attached> | undefined

  constructor(context: ProviderContext, command: Argv = daemonCommand()) {
    this.#context = context
    this.#command = command
  }

  attach(): Promise<Attached> {
    if (this.#attached === undefined) {
      this.#attached = ensureDaemon(this.#context, this.#command)
      // A start that failed is tried again by the next call.
      this.#attached.catch(() => {
        this.#attached = undefined
      })
    }
    return this.#attached
  }

  describe: DaemonApi['describe'] = (service) => this.#call('describe', [service])
  stage: DaemonApi['stage'] = (spec) => this.#call('stage', [spec])
  shift: DaemonApi['shift'] = (service, revision, percent) =>
    this.#call('shift', [service, revision, percent])
  settle: DaemonApi['settle'] = (service, revision) => this.#call('settle', [service, revision])
  revert: DaemonApi['revert'] = (service, revision) => this.#call('revert', [service, revision])
  pause: DaemonApi['pause'] = (service) => this.#call('pause', [service])
  resume: DaemonApi['resume'] = (service) => this.#call('resume', [service])
  restart: DaemonApi['restart'] = (service) => this.#call('restart', [service])
  services: DaemonApi['services'] = () => this.#call('services', [])
  machines: DaemonApi['machines'] = () => this.#call('machines', [])
  variables: DaemonApi['variables'] = () => this.#call('variables', [])
  stop: DaemonApi['stop'] = () => this.#call('stop', [])

  async #call<M extends Method>(
    method: M,
    args: Parameters<DaemonApi[M]>,
  ): Promise<Awaited<ReturnType<DaemonApi[M]>>> {
    const first = await this.attach()
    try {
      return await this.#send(first, method, args)
    } catch (error) {
      if (!isRefusedConnection(error)) throw error
      this.#attached = undefined
      return await this.#send(await this.attach(), method, args)
    }
  }

  async #send<M extends Method>(
    { url, token }: Attached,
    method: M,
    args: Parameters<DaemonApi[M]>,
  ): Promise<Awaited<ReturnType<DaemonApi[M]>>> {
    const answer = await this.#context.runtime.http.request({
      method: 'POST',
      url: `${url}/v1/${method}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(args),
      timeout: CALL_TIMEOUT,
      signal: this.#context.runtime.signals.cancelled,
    })
    const { value, error } = JSON.parse(await answer.text()) as { value?: unknown; error?: unknown }
    // The supervisor is this same program, so its values are not parsed a second time.
    if (answer.status === 200) return value as Awaited<ReturnType<DaemonApi[M]>>
    const known = wireErrorSchema.safeParse(error)
    if (known.success) throw fromWire(known.data)
    throw externalError('service', { what: `the local cloud refused ${method} with status ${answer.status}` })
  }
}

/** Nothing listens there any more: the request had no effect. A connection that broke may have had one, which is fine too. */
function isRefusedConnection(error: unknown): boolean {
  const cause = error instanceof SluiceError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  return cause?.code === 'ECONNREFUSED' || cause?.code === 'ECONNRESET'
}
