import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js'
import { App } from 'cdktf'
import { bug } from '../../../src/domain/error.ts'
import {
  type AwsKind,
  awsLedgerBucket,
  awsName,
  awsPrefix,
  awsRepository,
} from '../../../src/domain/names/aws-names.ts'
import type { Synthesis } from '../../../src/domain/stacks/synthesizer.ts'
import { stackOf } from '../../../src/domain/system/placement.ts'
import { stateFolderOf } from '../../../src/domain/system/preview.ts'
import type { System } from '../../../src/domain/system/system.ts'
import { SystemStack } from '../../core/system-stack.ts'
import type { FargateService } from '../fargate-service.ts'
import type { Firewall } from '../firewall.ts'
import type { ServedFunction } from '../function.ts'
import type { GpuWorker } from '../gpu-worker.ts'
import type { HttpApi } from '../http-api.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import type { MessageTopic } from '../message-topic.ts'
import type { Network } from '../network.ts'
import type { PostgresDatabase } from '../postgres-database.ts'
import type { TaskKiller } from '../task-killer.ts'
import type { ValkeyCache } from '../valkey-cache.ts'

/**
 * An environment on AWS while it is compiled: its names, its stacks, and what stands in them so far. Names and ARNs that can
 * be known beforehand are texts; only what AWS invents (ids, hosts, secrets) is a reference between stacks.
 */
export class Site {
  readonly system: System
  readonly images: Synthesis['images']
  readonly region: string
  readonly account: string
  /** `filmlens-production`. */
  readonly prefix: string
  readonly app: App
  readonly firewalls = new Map<string, Firewall>()
  readonly databases = new Map<string, PostgresDatabase>()
  readonly caches = new Map<string, ValkeyCache>()
  readonly topics = new Map<string, MessageTopic>()
  readonly functions = new Map<string, ServedFunction>()
  readonly apis = new Map<string, HttpApi>()
  readonly workers = new Map<string, GpuWorker>()
  readonly services = new Map<string, FargateService>()
  /** Names of the capacity providers that the cluster has. */
  readonly capacity: string[] = []
  /** What ends tasks of jobs past their time, once a step has asked for it. */
  taskKiller: TaskKiller | undefined
  /** ARN of the Service Connect namespace. */
  namespace = ''
  /** ARN of the certificate for all domains. */
  certificate: string | undefined
  #network: Network | undefined
  #balancer: LoadBalancer | undefined
  readonly #stacks = new Map<string, SystemStack>()

  constructor({ system, images }: Synthesis) {
    const { region, account } = system.environment
    if (region === undefined || account === undefined) {
      throw bug(`environment ${system.environment.name} came to the compiler without region or account`)
    }
    this.system = system
    this.images = images
    this.region = region
    this.account = account
    this.prefix = awsPrefix({ system: system.name, environment: system.environment.name })
    // An existing folder: the app makes the one that it is told, and nothing is ever written there.
    this.app = new App({ stackTraces: false, outdir: '.', skipValidation: true })
  }

  name(kind: AwsKind, name: string): string {
    const { system, account } = this
    return awsName({ system: system.name, environment: system.environment.name, account }, kind, name)
  }

  /** The stack with this name, made when it is first asked for. */
  stack(name: string): SystemStack {
    const known = this.#stacks.get(name)
    if (known !== undefined) return known
    const { system, region, account } = this
    const environment = system.environment.name
    const stack = new SystemStack(this.app, name, {
      state: {
        kind: 's3',
        bucket: `sluice-state-${account}-${region}`,
        region,
        prefix: stateFolderOf(system),
      },
      targets: { schema: 'sluice.targets/v1', system: system.name, environment, region },
    })
    new AwsProvider(stack, 'aws', {
      region,
      // A mistake in credentials is no change to another account.
      allowedAccountIds: [account],
      defaultTags: [
        {
          tags: {
            ...system.environment.tags,
            'sluice:system': system.name,
            'sluice:environment': environment,
            'sluice:stack': name,
          },
        },
      ],
    })
    this.#stacks.set(name, stack)
    return stack
  }

  /** The stack that holds a resource of sluice.yml. */
  stackOf(name: string): SystemStack {
    return this.stack(stackOf(this.system, name))
  }

  get network(): Network {
    return this.#network ?? missing('the network')
  }
  set network(network: Network) {
    this.#network = network
  }

  get balancer(): LoadBalancer {
    return this.#balancer ?? missing('the load balancer')
  }
  set balancer(balancer: LoadBalancer) {
    this.#balancer = balancer
  }

  firewall(name: string): Firewall {
    return this.firewalls.get(name) ?? missing(`the firewall of ${name}`)
  }

  /** ARN of the cluster, as text. */
  get cluster(): string {
    return `arn:aws:ecs:${this.region}:${this.account}:cluster/${this.prefix}`
  }

  repositoryName(image: string): string {
    return awsRepository({ system: this.system.name, environment: this.system.environment.name }, image)
  }

  repositoryArn(image: string): string {
    return `arn:aws:ecr:${this.region}:${this.account}:repository/${this.repositoryName(image)}`
  }

  /**
   * What stands for an image where a rollout or a run puts the digest: a tag that no image has. So a plan is the same
   * before and after a release.
   */
  templateImage(image: string): string {
    return `${this.account}.dkr.ecr.${this.region}.amazonaws.com/${this.repositoryName(image)}:template`
  }

  /** What names of log groups begin with, after their kind: `/ecs/films/api`, for people. */
  get logFolder(): string {
    const { name, environment } = this.system
    return environment.preview === undefined ? name : `${name}/${environment.name}`
  }

  get ledgerBucket(): string {
    const { system, account } = this
    return awsLedgerBucket({ system: system.name, environment: system.environment.name, account })
  }

  /** Secrets Manager takes the name without its random end; policies name the end by question marks. */
  secretArn(name: string): string {
    return `arn:aws:secretsmanager:${this.region}:${this.account}:secret:${name}`
  }

  /** Where tasks and machines live: in private subnets where these have a way out, else in public ones with an address. */
  get places(): { readonly subnetIds: string[]; readonly publicAddress: boolean } {
    const publicAddress = this.system.environment.nat === 'none'
    const subnets = publicAddress ? this.network.publicSubnets : this.network.privateSubnets
    return { subnetIds: subnets.map((subnet) => subnet.id), publicAddress }
  }
}

function missing(what: string): never {
  throw bug(`${what} is used before it is made`)
}
