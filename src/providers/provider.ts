/**
 * The ports to a cloud, in our words. A provider is one folder that implements them; no type of an SDK crosses this
 * line. Every provider passes the suites in test/contract.
 */
import type { Readable } from 'node:stream'
import type { Digest, ImageReference } from '../domain/digest.ts'
import type { ImageRecord } from '../domain/images.ts'
import type { Alias, ModelVersion, ServedModel } from '../domain/model.ts'
import type { Secret } from '../domain/secret.ts'
import type { Step } from '../domain/step.ts'
import type { Check, Image, Service, System } from '../domain/system.ts'
import type { Targets } from '../domain/targets.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface ProviderContext {
  readonly runtime: Runtime
  readonly system: System
  /** Absolute path of the folder that holds sluice.yml. */
  readonly root: string
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
}

export interface Provider {
  readonly images: ImageStore
  readonly services: ServiceHost
  readonly operations: Operations
  readonly jobs: JobEngine
  readonly objects: ObjectStore
  readonly models: ModelRegistry
  /** What shows a service at this URL who calls, where it answers nobody else; undefined where we have nothing to show. */
  bearer?(url: string): Promise<Secret | undefined>
  /** Where machines of workers ask which image they run. */
  readonly workers?: WorkerImages
  /** Where the cloud measures what it runs; otherwise checks look at HTTP answers alone. */
  readonly observer?: Observer
  /** Only where the cloud is this machine: `sluice up` and `sluice down`. */
  readonly machine?: Machine
  /** Where the cloud can tidy up after itself; otherwise its own lifecycle rules do. */
  readonly upkeep?: Upkeep
  /** Where the parts of this environment are. */
  targets(): Promise<Targets>
  close(): Promise<void>
}

/** A cloud that is this machine: started and stopped as a whole, with all its data kept in between. */
export interface Machine {
  start(): Promise<'started' | 'running'>
  /** What `up` shows beside the services: buckets, databases, ... */
  endpoints(): Promise<readonly { readonly url: string; readonly resource?: string }[]>
  /** The environment variables of the system's processes; some values are secret. */
  variables(): Promise<{
    readonly shared: Readonly<Record<string, string>>
    /** By resource, for those that connect to it. */
    readonly connections: Readonly<Record<string, Readonly<Record<string, string>>>>
  }>
  /** Drains and stops everything. */
  stop(): Promise<'stopped' | 'absent'>
}

/** A registry of images and whatever builds them. */
export interface ImageStore {
  /** The image that was made from this fingerprint, if the registry still has it. */
  find(name: string, fingerprint: Digest): Promise<ImageRecord | undefined>
  /** Builds (or mirrors) and pushes. */
  publish(image: Image, fingerprint: Digest): Promise<ImageRecord>
  /**
   * The digest that the name of an upstream image has now, asked for once (promise R27). Absent where nothing of an
   * upstream image gets into ours: on cloud `local`.
   */
  resolve?(reference: string): Promise<Digest>
  /**
   * Reads back what is there; undefined where the digest is unknown. `whole` holds every layer against its digest as well,
   * which in a registry moves all of the image.
   */
  inspect(
    reference: ImageReference,
    depth?: 'whole',
  ): Promise<
    | {
        digest: Digest
        size: number
        platforms: readonly string[]
        labels: Readonly<Record<string, string>>
        /** Types of attached statements, `https://slsa.dev/provenance/v1`; absent where there is no way to attach any. */
        attestations?: readonly string[]
      }
    | undefined
  >
}

/** One revision of a service as the platform reports it. */
export interface RevisionStatus {
  /** The platform's id of the revision. */
  readonly id: string
  /** Digest of the release that made it, where one did. */
  readonly release: Digest | null
  readonly image: ImageReference
  readonly models: readonly ServedModel[]
  /** Share of the traffic, percent. */
  readonly weight: number
  readonly desired: number
  readonly running: number
  readonly healthy: boolean
  /** Why it is not healthy: exit codes, last lines of output. */
  readonly trouble: string | null
  readonly createdAt: number
  /** Reaches exactly this revision whatever its weight, where the platform has such an address. */
  readonly url?: string | null
  /** Registered and not started: the platform has no place beside what serves and starts it with its traffic. */
  readonly held?: boolean
}

export interface ServiceStatus {
  readonly service: string
  readonly state: 'absent' | 'paused' | 'running' | 'rolling'
  readonly url: string | null
  readonly revisions: readonly RevisionStatus[]
}

/** What a new revision shall run. */
export interface RevisionSpec {
  readonly service: Service
  readonly image: ImageReference
  readonly models: readonly ServedModel[]
  readonly release: Digest
}

/** Milliseconds. */
export interface HostPace {
  /** Between two looks at a service. */
  readonly every: number
  /** Until a service has settled or gone back, drains included. */
  readonly patience: number
  /** Few looks matter more than an early answer. */
  readonly frugal?: boolean
}

/**
 * Runs services and moves traffic between their revisions. Every method may be repeated after a lost answer or a kill
 * and then does nothing more (promise R28): `stage` with the same release and spec gives the same revision.
 */
export interface ServiceHost {
  /** How it wants to be watched; absent: it is as quick as this machine. */
  readonly pace?: HostPace
  describe(service: string): Promise<ServiceStatus>
  /** A new revision at 0 %. Returns its id as soon as the platform has accepted it; it may not be healthy yet. */
  stage(spec: RevisionSpec): Promise<string>
  /** Gives the revision this share of the traffic; the rest goes to the one that was live before. */
  shift(service: string, revision: string, percent: number): Promise<void>
  /** Ends a rollout that stands at 100 %: what has no traffic is drained and stopped. */
  settle(service: string, revision: string): Promise<void>
  /** All traffic back to the revision that was live before; the staged one is drained and stopped. */
  revert(service: string, revision: string): Promise<void>
}

/** What a platform measures by itself: where rollout checks look beside HTTP probes. */
export interface Observer {
  readonly kinds: readonly Exclude<Check['kind'], 'http'>[]
  /** By its name in targets.json; undefined where there is no such alarm. */
  alarm(name: string): Promise<'ok' | 'alarm' | 'insufficient-data' | undefined>
  /**
   * Requests that a revision has answered since then, milliseconds, and how many of them with 5xx; undefined where the
   * platform has counted none yet.
   */
  requests(
    service: string,
    revision: string,
    since: number,
  ): Promise<{ readonly requests: number; readonly errors: number } | undefined>
}

/** Which image the machines of a worker run; each asks for it when it boots. */
export interface WorkerImages {
  /** undefined before the first release. */
  read(worker: string): Promise<ImageReference | undefined>
  write(worker: string, image: ImageReference): Promise<void>
}

export interface LogLine {
  readonly at: number
  readonly stream: 'stdout' | 'stderr'
  readonly revision: string
  readonly text: string
}

export interface LogQuery {
  readonly follow: boolean
  /** Milliseconds since the epoch; absent: the last `tail` lines. */
  readonly since?: number
  readonly tail: number
  readonly filter?: string
  readonly signal?: AbortSignal
}

/** Daily work on what runs. */
export interface Operations {
  logs(service: string, query: LogQuery): AsyncIterable<LogLine>
  /** Desired count 0, addresses and data kept. */
  pause(service: string): Promise<void>
  resume(service: string): Promise<void>
  restart(service: string): Promise<void>
  /** What costs beside services, switched with the whole system alone: servers of databases, machines of workers. */
  readonly rest?: {
    /** In words, what was done: `db stopping`. It may be repeated. */
    pause(): Promise<readonly string[]>
    /** Resolves when services can connect again. */
    resume(): Promise<readonly string[]>
  }
}

export interface JobSpec {
  /** Equal ids are the same job: a second start finds the first (promise R33). */
  readonly id: string
  readonly step: Step
  readonly image: ImageReference
  /** Environment of the container beside the step's own; secrets are named in `step.secrets` and resolved by the engine. */
  readonly env: Readonly<Record<string, string>>
}

export interface JobStatus {
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'stopped'
  readonly exitCode: number | null
  /** Why it failed, in the platform's words. */
  readonly reason: string | null
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export interface JobEngine {
  start(spec: JobSpec): Promise<void>
  /** Waits for the end, relaying output as `output` events; the step's time-out is the engine's to keep. */
  wait(id: string): Promise<JobStatus>
  status(id: string): Promise<JobStatus | undefined>
  /** Ends it; resolves when it has ended. */
  stop(id: string): Promise<void>
  logs(id: string): AsyncIterable<LogLine>
}

export interface ObjectInfo {
  readonly uri: string
  readonly size: number
  /** Changes whenever the content does. */
  readonly etag: string
}

/** For `write`: only if nothing is there, or only over exactly this version. */
export type Precondition = { readonly absent: true } | { readonly etag: string }

/** Objects by URI (`s3://`, `gs://`, `file://`): data of pipelines, model artifacts and the ledger. */
export interface ObjectStore {
  read(uri: string): Promise<{ readonly info: ObjectInfo; readonly body: Readable } | undefined>
  /** The new object, or `conflict` where the precondition did not hold; nothing is written then. */
  write(uri: string, body: Uint8Array | Readable, only?: Precondition): Promise<ObjectInfo | 'conflict'>
  /** All objects whose URI starts with the prefix, sorted by URI. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  remove(uri: string): Promise<void>
}

export interface ModelNotes {
  readonly tags: Readonly<Record<string, string>>
  /** Small texts by file name, such as verdict.json. */
  readonly files?: Readonly<Record<string, string>>
}

/** A model registry: MLflow, or the local one behind the same port. */
export interface ModelRegistry {
  register(model: Pick<ModelVersion, 'name' | 'digest' | 'source' | 'tags'>): Promise<ModelVersion>
  /** By version number, or by alias. */
  get(
    name: string,
    which: { readonly version: string } | { readonly alias: Alias },
  ): Promise<ModelVersion | undefined>
  /** Compare-and-swap: `conflict` where the alias points elsewhere than `expected` (null: nowhere). */
  setAlias(
    name: string,
    alias: Alias,
    version: string | null,
    expected: string | null,
  ): Promise<'moved' | 'conflict'>
  /**
   * Adds notes to a version and keeps those that were there; a file of the same name is replaced. The tag
   * `sluice.file.<name>` says where a file lies. Returns the names of the files that this registry has no place for.
   */
  annotate(name: string, version: string, notes: ModelNotes): Promise<readonly string[]>
  list(name: string): Promise<readonly ModelVersion[]>
}

/** Something that nothing needs any more. */
export interface Leftover {
  readonly kind: 'image' | 'job' | 'log'
  /** Unique within its kind. */
  readonly name: string
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly since: number
}

export interface Upkeep {
  /** Images that no release of `keep` has, ended jobs and closed logs, all last used before this time. */
  leftovers(keep: readonly ImageReference[], before: number): Promise<readonly Leftover[]>
  /** Nothing to remove is fine. */
  remove(leftover: Leftover): Promise<void>
  /** Ids of jobs that still run although their time is over. */
  overdue(now: number): Promise<readonly string[]>
  /** Everything of the environment, its data included. */
  destroy(): Promise<void>
}

/** What `bootstrap` finds, or leaves, before the first stack of an environment. */
export interface StateGround {
  /** URI of the bucket that holds the states. */
  readonly place: string
  readonly parts: readonly { readonly what: string; readonly state: 'there' | 'missing' }[]
}

/**
 * Where the Terraform states of an environment lie, and what else its account shares among environments. It comes before any
 * stack, so it is reached without opening the provider.
 */
export interface StateStore {
  /**
   * Changes nothing.
   *
   * @throws SluiceError refused where it belongs to somebody else or stands elsewhere
   */
  inspect(): Promise<StateGround>
  /** Makes what is missing. It may be repeated, cut off, and run twice at once: there is one in the end (promise R21). */
  ensure(): Promise<StateGround>
  close(): Promise<void>
}
