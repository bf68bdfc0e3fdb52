/**
 * `System`: what sluice.yml says about one environment, after `set:` overrides, defaults and units are resolved. It is
 * plain data: the compiler turns it into stacks, the verbs act on it, tests build it by hand.
 *
 * Sizes are bytes, durations milliseconds, percentages 0 to 100.
 */

import type { GatePolicy } from '../models/policy.ts'
import type { Named } from '../named.ts'
import type { Guards } from '../plans/guards.ts'
import type { Container, Size } from './container.ts'
import type { FunctionCheck } from './function-check.ts'
import type { Preview } from './preview.ts'
import type { Rename } from './rename.ts'
import type { RolloutPolicy } from './rollout-policy.ts'
import type { Pipeline } from './step.ts'

export const CLOUDS = ['local', 'aws', 'gcp'] as const
export type Cloud = (typeof CLOUDS)[number]

/** The kinds of resources that sluice.yml names, in the order of the file. */
export const RESOURCE_KINDS = [
  'images',
  'services',
  'functions',
  'apis',
  'workers',
  'databases',
  'buckets',
  'tables',
  'topics',
  'caches',
  'pipelines',
  'models',
] as const
export type ResourceKind = (typeof RESOURCE_KINDS)[number]

export interface System {
  readonly name: string
  readonly environment: Environment
  readonly images: Named<Image>
  readonly services: Named<Service>
  readonly functions: Named<Func>
  readonly apis: Named<Api>
  readonly workers: Named<Worker>
  readonly databases: Named<Database>
  readonly buckets: Named<Bucket>
  readonly tables: Named<Table>
  readonly topics: Named<Topic>
  readonly caches: Named<Cache>
  readonly pipelines: Named<Pipeline>
  readonly models: Named<Model>
  readonly rollout: RolloutPolicy
  /** Further stacks that are planned on their own: component -> names of the resources it holds. */
  readonly components: Named<readonly string[]>
  /** What had another name; absent: nothing. */
  readonly renames?: readonly Rename[]
  /** What a plan may do without being named. */
  readonly guards?: Guards
  /** The team's own CDKTF app or HCL folder in place of ours. */
  readonly infra?: Infra
}

/** One deployment of a system. */
export interface Environment {
  readonly name: string
  readonly cloud: Cloud
  /** AWS region, or Google Cloud location. */
  readonly region?: string
  /** AWS account id: 12 digits, kept as text because of leading zeros. */
  readonly account?: string
  /** Google Cloud project id. */
  readonly project?: string
  /** Address range of the network, IPv4 CIDR. */
  readonly cidr?: string
  /** DNS zone that the domains of the services belong to. */
  readonly zone?: string
  /** A private subnet's way out: none, one gateway, or one per zone. */
  readonly nat: 'none' | 'single' | 'per-zone'
  /** Google Cloud or AWS labels that every resource carries beside Sluice's own. */
  readonly tags: Named<string>
  /** Table of BigQuery that Google's billing account is exported to: `project.dataset.table`. */
  readonly billingExport?: string
  /** It is for one pull request. */
  readonly preview?: Preview
  /** What previews are made like, and not deployed itself; how many milliseconds one is kept that nobody touches. */
  readonly previews?: { readonly keep: number }
}

export type Image = BuiltImage | MirroredImage

interface ImageBase {
  readonly name: string
  /** How `local` prepares and starts it where there is no container engine. */
  readonly local?: { readonly install?: readonly string[]; readonly run?: readonly string[] }
}

export interface BuiltImage extends ImageBase {
  readonly kind: 'build'
  /** Folder of the build context, relative to sluice.yml. */
  readonly context: string
  /** Relative to the context. */
  readonly dockerfile: string
  readonly target?: string
  readonly args: Named<string>
  /** Build secrets: id -> name of the environment variable that holds the value. */
  readonly secrets: Named<string>
  readonly ssh: boolean
  /** OCI platforms, `linux/amd64`. */
  readonly platforms: readonly string[]
}

export interface MirroredImage extends ImageBase {
  readonly kind: 'mirror'
  /** The upstream reference, `ghcr.io/mlflow/mlflow:v3.4.0`. */
  readonly source: string
  /** Not copied where the cloud has repositories that fetch from upstream themselves. */
  readonly remote?: boolean
}

export interface Scale {
  readonly min: number
  readonly max: number
  /** Target CPU utilisation in percent; absent: fixed at `min`. */
  readonly cpu?: number
}

export interface Service extends Container {
  readonly name: string
  /** Where the container listens (always told to it as PORT); absent: it takes no requests. */
  readonly port?: number
  /** HTTP path that answers 200 when the service can take traffic. */
  readonly health?: string
  readonly size: Size
  readonly scale: Scale
  readonly domain?: string
  /** Reachable from the internet through the load balancer. */
  readonly public: boolean
  /** The model it loads; the key under `models`. */
  readonly model?: string
  readonly connects: readonly string[]
  readonly sidecars: Named<Container>
  /** Time from SIGTERM to SIGKILL. */
  readonly stopTimeout: number
  /** The fixed host port on cloud `local`; absent: any free one. */
  readonly local?: { readonly port?: number }
}

/** Lambda, or a Cloud Run function. */
export interface Func {
  readonly name: string
  readonly image?: string
  /** How a new version is asked before it gets any traffic; absent: its first call is a user's. */
  readonly check?: FunctionCheck
  /** Folder with the code, where there is no image. */
  readonly source?: string
  /** `file.export`. */
  readonly handler?: string
  readonly runtime?: string
  readonly memory: number
  readonly timeout: number
  readonly env: Named<string>
  readonly secrets: Named<string>
  readonly connects: readonly string[]
}

export interface Api {
  readonly name: string
  readonly domain?: string
  /** `GET /get-video` -> name of a function. */
  readonly routes: Named<string>
  readonly cors: boolean
}

/** A GPU machine. */
export interface Worker {
  readonly name: string
  readonly image?: string
  /** Script that runs at every boot, relative to sluice.yml, where there is no image. */
  readonly script?: string
  readonly command?: readonly string[]
  readonly machine?: string
  readonly gpu: number
  readonly disk: number
  readonly spot: boolean
  /** The machine stops itself after this time without work. */
  readonly idleStop: number
  /** No machine outlives this (promise R32). */
  readonly maxLifetime: number
  /** Time that its work has to end when a release takes its place; absent: two minutes. */
  readonly stopTimeout?: number
  readonly env: Named<string>
  readonly secrets: Named<string>
  readonly connects: readonly string[]
}

export interface Database {
  readonly name: string
  readonly engine: 'postgres'
  readonly version: string
  readonly storage: number
  /** The databases inside the server; the first is the default one. */
  readonly names: readonly [string, ...string[]]
  /** Machine class in the cloud's words. */
  readonly class?: string
  readonly highAvailability: boolean
  readonly backupDays: number
  readonly protect: boolean
}

export interface Bucket {
  readonly name: string
  readonly versioned: boolean
  /** Objects older than this are removed. */
  readonly expire?: number
  readonly protect: boolean
}

export interface TableKey {
  readonly partition: string
  readonly sort?: string
}

export interface Table {
  readonly name: string
  readonly attributes: Named<'string' | 'number' | 'binary'>
  readonly key: TableKey
  readonly indexes: Named<TableKey>
  readonly protect: boolean
}

export interface Topic {
  readonly name: string
  /** The service or function that receives the messages. */
  readonly subscriber?: string
  /** HTTP path at the subscriber, for push. */
  readonly path?: string
  readonly ackDeadline: number
  readonly retries: number
  readonly retryDelay: { readonly min: number; readonly max: number }
  readonly deadLetter: boolean
}

export interface Cache {
  readonly name: string
  readonly engine: 'valkey'
  readonly class?: string
}

export interface Model {
  readonly name: string
  /** The service that runs MLflow, or its URL. */
  readonly registry: string
  /** The step that writes `evaluation.json`. */
  readonly evaluation: StepRef
  /** The step output that is the model. */
  readonly artifact: StepRef & { readonly output: string }
  readonly gate: GatePolicy
}

export interface StepRef {
  readonly pipeline: string
  readonly step: string
}

export type Infra =
  | { readonly kind: 'hcl'; readonly directory: string }
  | { readonly kind: 'cdktf'; readonly directory: string; readonly command: readonly string[] }
