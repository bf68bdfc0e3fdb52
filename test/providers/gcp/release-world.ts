import type { Targets } from '../../../src/domain/stacks/targets.ts'
import type { Service, System } from '../../../src/domain/system/system.ts'
import { openGcp } from '../../../src/providers/gcp/index.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import type { Http } from '../../../src/runtime/runtime.ts'
import { World } from '../../world/cloud.ts'
import type { RunProgram } from '../../world/cloud-world/http/run/programs.ts'
import { Wire } from '../../world/faults.ts'
import { aService, POOL, type RunWorld, runWorld, SERVICE, STATE, systemOf } from './run-world.ts'

const { port: _port, health: _health, ...queue } = aService({ name: 'queue', image: 'queue' })

/** The alert policy of alarm `api-5xx`. */
export const POLICY = 'projects/films-1/alertPolicies/4711'

/** A service of Cloud Run that takes requests, and one behind it that takes none. */
export const SERVICES: readonly Service[] = [aService({ connects: ['queue'] }), queue]

/**
 * Releases of two services on the simulated Cloud Run; ledger, models and images are in memory. Each client is a process of its own,
 * whose every request to Google and to the ledger goes through its wire.
 */
export class ReleaseWorld extends World {
  readonly cloud: RunWorld
  readonly system: System
  override readonly clock: World['clock']

  /** Variables of its machines, beside those that lead to the simulated cloud. */
  readonly #env: Readonly<Record<string, string>>

  constructor(changes: Partial<System> = {}, env: Readonly<Record<string, string>> = {}) {
    super()
    this.#env = env
    this.system = systemOf(SERVICES, {
      rollout: { ...systemOf([]).rollout, bake: 2_000, startTimeout: 60_000 },
      ...changes,
    })
    const targets = (given: Targets): Targets => ({ ...given, alarms: { 'api-5xx': POLICY } })
    this.cloud = runWorld({ services: SERVICES, system: changes, targets })
    this.clock = this.cloud.world.clock
  }

  /** How this image behaves. */
  program(reference: string, program: RunProgram): void {
    this.cloud.programs.set(reference, program)
  }

  override provider(wire: Wire = new Wire()): Provider {
    const { door } = this.cloud
    const http: Http = {
      request: (request) =>
        wire.request(`${request.method ?? 'GET'} ${new URL(request.url).pathname}`, () =>
          door.http.request(request),
        ),
    }
    const { env, files } = this.cloud.runtime
    const runtime = { ...this.machine({}, wire), env: { ...env, ...this.#env }, files, http }
    const context = { runtime, system: this.system, root: '/project', state: STATE }
    const { services, operations, observer, targets } = openGcp(context, () => this.registry)
    const memory = super.provider(wire)
    return {
      ...memory,
      services,
      operations,
      ...(observer === undefined ? {} : { observer }),
      targets: async () => ({ ...(await targets()), ledger: (await memory.targets()).ledger }),
    }
  }

  /** Image -> percent, of one service. */
  async traffic(service: string): Promise<Record<string, number>> {
    const { revisions } = await this.cloud.open().services.describe(service)
    return Object.fromEntries(
      revisions.filter(({ weight }) => weight > 0).map(({ image, weight }) => [image, weight]),
    )
  }

  /** How often a revision was made, by service and placeholder too. */
  made(): readonly [api: number, queue: number] {
    const { resources } = this.cloud.door
    const of = (kind: 'services' | 'workerPools', name: string): number =>
      Object.keys(resources.require(kind, name).state.revisions).length
    return [of('services', SERVICE), of('workerPools', POOL)]
  }
}
