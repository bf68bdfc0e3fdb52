import { DataGoogleProject } from '@cdktf/provider-google/lib/data-google-project/index.js'
import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js'
import { App } from 'cdktf'
import { bug } from '../../../src/domain/error.ts'
import { dashed } from '../../../src/domain/names/aws-names.ts'
import {
  type GcpKind,
  gcpName,
  gcpPrefix,
  gcpRepository,
  gcpStep,
} from '../../../src/domain/names/gcp-names.ts'
import type { Synthesis } from '../../../src/domain/stacks/synthesizer.ts'
import { type ImagePlace, upstreamOf } from '../../../src/domain/system/image-place.ts'
import { stackOf } from '../../../src/domain/system/placement.ts'
import { stateFolderOf } from '../../../src/domain/system/preview.ts'
import type { System } from '../../../src/domain/system/system.ts'
import { SystemStack } from '../../core/system-stack.ts'
import type { MessageTopic } from '../message-topic.ts'
import type { Network } from '../network.ts'
import type { PostgresDatabase } from '../postgres-database.ts'
import type { ServiceAccount } from '../service-account.ts'
import type { ValkeyCache } from '../valkey-cache.ts'

/** A service or function of Cloud Run, as who calls it needs it. */
export interface Callable {
  /** Its name in Cloud Run; a reference, so that who refers to it waits for it. */
  readonly name: string
}

/** What starts machines, as who starts them needs it. */
export interface Startable {
  /** Id of the instance template. */
  readonly templateId: string
  readonly account: ServiceAccount
}

/**
 * An environment on Google Cloud while it is compiled: its names, its stacks, and what stands in them so far. Names that can
 * be known beforehand are texts; only what Google invents (addresses, numbers) is a reference between stacks.
 */
export class Site {
  readonly system: System
  readonly images: Synthesis['images']
  readonly project: string
  readonly location: string
  /** `filmlens-europe`. */
  readonly prefix: string
  readonly app: App
  readonly databases = new Map<string, PostgresDatabase>()
  readonly topics = new Map<string, MessageTopic>()
  readonly caches = new Map<string, ValkeyCache>()
  /** Services of Cloud Run: those of `services` with a port, and functions. */
  readonly callables = new Map<string, Callable>()
  readonly workers = new Map<string, Startable>()
  /** Who a service, function, worker or step (`pipeline.step`) runs as. */
  readonly accounts = new Map<string, ServiceAccount>()
  #network: Network | undefined
  readonly #stacks = new Map<string, SystemStack>()
  readonly #later: (() => void)[] = []

  constructor({ system, images }: Synthesis) {
    const { region, project } = system.environment
    if (region === undefined || project === undefined) {
      throw bug(`environment ${system.environment.name} came to the compiler without region or project`)
    }
    this.system = system
    this.images = images
    this.project = project
    this.location = region
    this.prefix = gcpPrefix({ system: system.name, environment: system.environment.name })
    // An existing folder: the app makes the one that it is told, and nothing is ever written there.
    this.app = new App({ stackTraces: false, outdir: '.', skipValidation: true })
  }

  get #scope() {
    const { system, project } = this
    return { system: system.name, environment: system.environment.name, project }
  }

  name(kind: GcpKind, name: string): string {
    return gcpName(this.#scope, kind, name)
  }

  /** A step of a pipeline as a job. */
  stepName(pipeline: string, step: string): string {
    return gcpStep(this.#scope, pipeline, step)
  }

  /** The stack with this name, made when it is first asked for. All come after the foundation, which switches APIs on. */
  stack(name: string): SystemStack {
    const known = this.#stacks.get(name)
    if (known !== undefined) return known
    const { system, location, project } = this
    const environment = system.environment.name
    const stack = new SystemStack(this.app, name, {
      state: {
        kind: 'gcs',
        bucket: `sluice-state-${project}-${location}`,
        prefix: stateFolderOf(system),
      },
      targets: { schema: 'sluice.targets/v1', system: system.name, environment, region: location },
    })
    const provider = new GoogleProvider(stack, 'google', {
      project,
      region: location,
      addTerraformAttributionLabel: false,
    })
    // As an override: cdktf writes the keys of a provider's maps with "_".
    provider.addOverride('default_labels', {
      ...system.environment.tags,
      'sluice-system': dashed(system.name),
      'sluice-environment': dashed(environment),
      'sluice-stack': dashed(name),
    })
    this.#stacks.set(name, stack)
    if (name !== 'foundation') stack.addDependency(this.stack('foundation'))
    return stack
  }

  /** The stack that holds a resource of sluice.yml. */
  stackOf(name: string): SystemStack {
    return this.stack(stackOf(this.system, name))
  }

  /** A permission on something of another stack can only be given when that is there. */
  after(stack: SystemStack, name: string): void {
    const other = this.stackOf(name)
    if (other !== stack) stack.addDependency(other)
  }

  /** What connects is done last, when everything that can be connected stands. */
  later(work: () => void): void {
    this.#later.push(work)
  }

  finish(): void {
    for (const work of this.#later) work()
  }

  get network(): Network {
    return this.#network ?? missing('the network')
  }
  set network(network: Network) {
    this.#network = network
  }

  account(name: string): ServiceAccount {
    return this.accounts.get(name) ?? missing(`the service account of ${name}`)
  }

  /** Number of the project, which Google gives it; read once a stack. */
  projectNumber(stack: SystemStack): string {
    const known = stack.node.tryFindChild('project')
    const project = known instanceof DataGoogleProject ? known : new DataGoogleProject(stack, 'project', {})
    return project.number
  }

  /**
   * URL of a service or function, which is known before it exists, so two of them can name each other
   * (https://cloud.google.com/run/docs/triggering/https-request#deterministic).
   */
  urlOf(stack: SystemStack, kind: 'services' | 'functions', name: string): string {
    return `https://${this.name(kind, name)}-${this.projectNumber(stack)}.${this.location}.run.app`
  }

  /** The bucket of the ledger, beside the states the only one that is not in sluice.yml. */
  get ledgerBucket(): string {
    return `${this.prefix}-ledger-${this.project}`
  }

  repositoryName(image: string): string {
    return gcpRepository(this.#scope, image)
  }

  /** Where the repository of an image fetches it; undefined where images are pushed to it. */
  upstream(image: string): ImagePlace | undefined {
    const known = this.system.images[image]
    return known?.kind === 'mirror' && known.remote === true ? upstreamOf(known.source) : undefined
  }

  /**
   * What stands for an image where a rollout or a run puts the digest: a tag that no image has. So a plan is the same
   * before and after a release.
   */
  templateImage(image: string): string {
    // A repository that fetches has the names of its upstream.
    const path = this.upstream(image)?.repository ?? image
    return `${this.location}-docker.pkg.dev/${this.project}/${this.repositoryName(image)}/${path}:template`
  }
}

function missing(what: string): never {
  throw bug(`${what} is used before it is made`)
}
