import type { MachineStatus } from '../ports/operations.ts'

/**
 * A server that the local cloud runs inside or beside its supervisor: objects, PostgreSQL, the model registry. Each binds
 * 127.0.0.1 only, keeps all its data in its own folder, and can be started again after any kind of end.
 */
export interface EmbeddedEngine {
  /** For messages: `objects`, `database db`, `models`. */
  readonly name: string
  start(): Promise<EngineEndpoint>
  /** Ends it cleanly; a second call does nothing. */
  stop(): Promise<void>
  /** Settles if it ends by itself; the supervisor starts it again. */
  readonly died: Promise<Error>
  /** Where it runs machines of workers. */
  readonly machines?: Machines
}

/** The machines of workers: at most one each. All but `restore` may be repeated. */
export interface Machines {
  has(worker: string): boolean
  all(): readonly MachineStatus[]
  pause(worker: string): Promise<void>
  /** Begins again what was paused. */
  resume(worker: string): Promise<void>
  /** Of a machine that runs. */
  restart(worker: string): Promise<void>
  /** Once everything else runs: boots what ran when an earlier supervisor ended. */
  restore(): Promise<void>
}

export interface EngineEndpoint {
  /** What `sluice up` shows. */
  readonly url: string
  /** The resource of sluice.yml that it is, where it is one. */
  readonly resource?: string
  /** Variables for every service and job of the system: AWS_ENDPOINT_URL_S3, MLFLOW_TRACKING_URI, ... */
  readonly shared: Readonly<Record<string, string>>
  /** Variables for those that `connects:` names, by resource: { db: { DB_HOST: ..., DB_PASSWORD: ... } }. */
  readonly connections: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** What an engine that starts processes of the system finds around itself, at the moment of asking. */
export interface Surroundings {
  /** What runs beside. */
  endpoints(): readonly EngineEndpoint[]
  /** Host port of each service that takes requests. */
  servicePorts(): Readonly<Record<string, number>>
}
