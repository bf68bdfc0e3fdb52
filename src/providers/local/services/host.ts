import { join } from 'node:path'
import { bug, usageError } from '../../../domain/error.ts'
import { secretValues } from '../../../domain/system/connections.ts'
import type { Service } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import { Redactor } from '../../../runtime/redact.ts'
import { StreamRedactor } from '../../../runtime/redact-stream.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { RevisionSpec, ServiceHost, ServiceStatus } from '../../ports/services.ts'
import type { ContainerSource } from '../container.ts'
import type { EngineEndpoint } from '../engine.ts'
import { resolveSecrets } from '../jobs/secrets.ts'
import { openAddress } from './address.ts'
import { composeVariables, connectionVariables, inheritedVariables, type Variables } from './environment.ts'
import { freePort } from './free-port.ts'
import { LocalService } from './local-service.ts'
import { LogWriter } from './log-file.ts'
import { MARK, ProcessTable } from './processes.ts'
import type { Launch, ReplicaOptions } from './replica.ts'
import {
  type CloudState,
  newRecord,
  type Revision,
  revert,
  revisionId,
  type ServiceRecord,
  settle,
  shift,
  stage,
} from './state.ts'
import { StateStore } from './store.ts'

export interface LocalServicesOptions {
  readonly runtime: Runtime
  /** `.sluice/<env>/cloud` */
  readonly folder: string
  readonly services: readonly Service[]
  readonly containers: ContainerSource
  /** What runs beside the services, at the moment of asking. */
  readonly endpoints: () => readonly EngineEndpoint[]
}

/** Time that `restart` gives new processes to become healthy. */
const RESTART_TIMEOUT = 60_000

/** All services of one local cloud, in the process that supervises them. */
export class LocalServices implements ServiceHost {
  readonly #options: LocalServicesOptions
  readonly #store: StateStore
  readonly #processes: ProcessTable
  readonly #services = new Map<string, LocalService>()
  /** Host port of each service that takes requests. */
  readonly ports: Record<string, number> = {}
  readonly #logs = new Map<string, LogWriter>()
  readonly #redactor = new Redactor()
  #opening: Promise<void> = Promise.resolve()

  private constructor(options: LocalServicesOptions, store: StateStore, processes: ProcessTable) {
    this.#options = options
    this.#store = store
    this.#processes = processes
  }

  /**
   * Ends what an earlier supervisor left, opens every address and brings all services back to what was desired.
   *
   * @throws SluiceError where the state cannot be read or a fixed port is taken; nothing runs then.
   */
  static async open(options: LocalServicesOptions): Promise<LocalServices> {
    const { runtime, folder } = options
    const store = await StateStore.open(runtime, join(folder, 'services'))
    const processes = new ProcessTable(runtime, folder)
    const left = await processes.endLeftovers()
    if (left.length > 0) {
      runtime.log.emit(
        message('notice', `ended ${left.length} processes that an earlier supervisor left behind`),
      )
    }
    const host = new LocalServices(options, store, processes)
    try {
      for (const service of options.services) await host.#open(service)
      for (const record of Object.values(store.state.services)) {
        const newest = Object.values(record.revisions).at(-1)
        if (newest !== undefined) await host.#open(newest.service)
      }
    } catch (error) {
      await host.close()
      throw error
    }
    for (const [name, record] of Object.entries(store.state.services)) void host.#get(name).apply(record)
    return host
  }

  /** Names of all services that have an address or a revision. */
  names(): readonly string[] {
    return [...this.#services.keys()].sort()
  }

  async describe(service: string): Promise<ServiceStatus> {
    const known = this.#services.get(service)
    return known?.status() ?? { service, state: 'absent', url: null, revisions: [] }
  }

  async stage(spec: RevisionSpec): Promise<string> {
    const { service, models } = spec
    if (Object.keys(service.sidecars).length > 0) {
      throw usageError({
        what: `service ${service.name} has sidecars (${Object.keys(service.sidecars).join(', ')})`,
        rule: 'cloud local runs one process a service',
        remedy: 'make each sidecar a service of its own, or remove them with environments.<name>.set',
      })
    }
    if (models.length > 0 && service.health === undefined) {
      throw usageError({
        what: `service ${service.name} loads model ${models[0]?.name} and has no health path`,
        rule: 'a service reports the models it serves at its health path',
        remedy: `set services.${service.name}.health`,
      })
    }
    await this.#options.containers.prepare(spec.image, service.command)
    await this.#secrets(service)
    await this.#open(service)
    const now = this.#options.runtime.clock.now()
    await this.#change(service.name, (record) => stage(record, spec, now))
    return revisionId(spec)
  }

  async shift(service: string, revision: string, percent: number): Promise<void> {
    await this.#change(service, (record) => shift(service, record, revision, percent))
  }

  async settle(service: string, revision: string): Promise<void> {
    const { gone } = await this.#change(service, (record) => settle(service, record, revision))
    await gone
  }

  async revert(service: string, revision: string): Promise<void> {
    if (!this.#services.has(service)) return
    const { gone } = await this.#change(service, (record) => revert(service, record, revision))
    await gone
  }

  async pause(service: string): Promise<void> {
    const { gone } = await this.#change(service, (record) => ({ ...record, paused: true }))
    await gone
  }

  async resume(service: string): Promise<void> {
    await this.#change(service, (record) => ({ ...record, paused: false }))
  }

  async restart(service: string): Promise<void> {
    this.#record(service)
    await this.#get(service).restart(RESTART_TIMEOUT)
  }

  /** Drains and stops every process; what is desired stays, so that a later start brings it back. */
  async close(): Promise<void> {
    await Promise.all([...this.#services.values()].map((service) => service.close()))
    await Promise.all([...this.#logs.values()].map((log) => log.flush()))
    this.#services.clear()
  }

  /** The outer promise settles once the change is made, `gone` once what had to go has stopped. */
  #change(
    service: string,
    decide: (record: ServiceRecord) => ServiceRecord,
  ): Promise<{ readonly gone: Promise<void> }> {
    const next = (state: CloudState): CloudState => {
      const before = this.#record(service)
      const after = decide(before)
      return after === before ? state : { ...state, services: { ...state.services, [service]: after } }
    }
    return this.#store.change(next, (state) => {
      const record = state.services[service]
      if (record === undefined) throw bug(`service ${service} has no record`)
      const gone = this.#get(service).apply(record)
      gone.catch(() => {}) // whoever asked awaits it; nobody has to
      return { gone }
    })
  }

  /** @throws SluiceError usage that lists the services there are. */
  #record(service: string): ServiceRecord {
    const record = this.#store.state.services[service]
    if (record !== undefined && this.#services.has(service)) return record
    throw usageError({
      what: `cloud local has no service ${service}`,
      rule: `services here: ${this.names().join(', ') || 'none'}`,
    })
  }

  #get(service: string): LocalService {
    const found = this.#services.get(service)
    if (found === undefined) throw bug(`service ${service} was not opened`)
    return found
  }

  /** Gives a service its address and its place in the state, once; one after another. */
  #open(service: Service): Promise<void> {
    const work = this.#opening.then(() => this.#openNow(service))
    this.#opening = work.catch(() => {})
    return work
  }

  async #openNow(service: Service): Promise<void> {
    const { name } = service
    if (this.#services.has(name)) return
    const { runtime, folder } = this.#options
    const before = this.#store.state.services[name]
    const recorded = before?.port ?? null
    const proxy =
      service.port === undefined
        ? null
        : await openAddress({ service: name, fixed: service.local?.port, recorded, folder })
    const port = proxy?.port ?? null
    if (recorded !== null && port !== null && port !== recorded) {
      runtime.log.emit(message('notice', `service ${name} has moved from port ${recorded} to port ${port}`))
    }
    const record =
      before === undefined ? newRecord(port) : before.port === port ? before : { ...before, port }
    const replicaOf = (revision: Revision) => this.#replicaOf(revision)
    this.#services.set(name, new LocalService({ name, proxy, clock: runtime.clock, replicaOf }, record))
    if (port !== null) this.ports[name] = port
    await this.#store.change(
      (state) => (record === before ? state : { ...state, services: { ...state.services, [name]: record } }),
      () => {},
    )
  }

  #replicaOf(revision: Revision): Omit<ReplicaOptions, 'id' | 'changed'> {
    return {
      revision: revision.id,
      stopTimeout: revision.service.stopTimeout,
      launch: () => this.#launch(revision),
      runtime: this.#options.runtime,
      processes: this.#processes,
      redactor: () => new StreamRedactor(this.#redactor.forms),
      log: (line) => this.#log(revision.service.name).append(line),
    }
  }

  async #launch({ service, image, models }: Revision): Promise<Launch> {
    const { containers, runtime, endpoints, folder } = this.#options
    const container = await containers.prepare(image, service.command)
    const port = service.port === undefined ? null : await freePort()
    const running = endpoints()
    const shared: Variables = Object.assign({}, ...running.map((endpoint) => endpoint.shared))
    const connections = connectionVariables(service.connects, running, this.ports)
    for (const value of secretValues({ ...shared, ...connections })) this.#redactor.register(value)
    const env = composeVariables({
      inherited: inheritedVariables(runtime.env),
      image: container.env,
      shared,
      connections,
      own: service.env,
      secrets: await this.#secrets(service),
      models,
      port,
    })
    const path = service.health
    return {
      argv: container.argv,
      cwd: container.cwd,
      env: { ...env, [MARK]: folder },
      ...(port === null ? {} : { probe: { port, models, ...(path === undefined ? {} : { path }) } }),
    }
  }

  /** @throws SluiceError usage that names every secret without a value. From here on the values are redacted. */
  async #secrets(service: Service): Promise<Variables> {
    const { runtime, folder } = this.#options
    const secrets = await resolveSecrets(runtime, join(folder, 'secrets.json'), service.secrets)
    const values = Object.entries(secrets).map(([variable, secret]) => [variable, secret.reveal()] as const)
    for (const [, value] of values) this.#redactor.register(value)
    return Object.fromEntries(values)
  }

  #log(service: string): LogWriter {
    const known = this.#logs.get(service)
    if (known !== undefined) return known
    const writer = new LogWriter(join(this.#options.folder, 'logs', service))
    this.#logs.set(service, writer)
    return writer
  }
}
