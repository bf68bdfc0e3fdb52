import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { ECSClient } from '@aws-sdk/client-ecs'
import type { ImageReference } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import type { Service, System } from '../../src/domain/system/system.ts'
import { openObserver } from '../../src/providers/aws/observer.ts'
import type { EcsServices } from '../../src/providers/aws/services/host.ts'
import { openEcsServices } from '../../src/providers/aws/services/index.ts'
import type { Observer } from '../../src/providers/ports/observer.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { FakeOptions, FakeRuntime } from '../../src/runtime/fake/index.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import type { Clock } from '../../src/runtime/runtime.ts'
import { testSession } from '../providers/aws/session.ts'
import { service, shop, World } from './cloud.ts'
import { type CloudWatchDoor, openCloudWatch } from './cloud-world/http/cloudwatch.ts'
import type { TaskBehaviour } from './cloud-world/http/ecs/behaviour.ts'
import { type EcsDoor, openEcs } from './cloud-world/http/ecs.ts'
import { LoopbackClock } from './cloud-world/http/loopback-clock.ts'
import { CloudWorld } from './cloud-world/world.ts'
import { Wire } from './faults.ts'

const ACCOUNT = '222222222222'
const REGION = 'us-east-1'
const CLUSTER = 'shop-test'

export interface EcsWorldOptions {
  readonly system?: System
  readonly behaviour?: (image: string) => TaskBehaviour
  /** Services that have no load balancer. */
  readonly internal?: readonly string[]
  /** Whose cloud it is. */
  readonly account?: string
  readonly region?: string
  /** Its stacks have a rule that leads to the revision on its way. */
  readonly staged?: boolean
  /** Variables of the machines that roll out. */
  readonly env?: Readonly<Record<string, string>>
}

/** A shop on ECS, rolled out by the real SDK against the simulated cloud; everything else is in memory. */
export class EcsWorld extends World implements AsyncDisposable {
  readonly cloud: CloudWorld
  readonly door: EcsDoor
  /** What CloudWatch knows. */
  readonly watch: CloudWatchDoor
  readonly loopback: LoopbackClock
  readonly system: System
  /** Whether its stacks have a rule that leads to the revision on its way. */
  staged = false
  /** Variables of its machines. */
  env: Readonly<Record<string, string>> = {}
  readonly #internal: readonly string[]
  /** How the ARNs of its ECS begin. */
  readonly #base: string
  readonly #clients: { destroy(): void }[] = []

  constructor(
    cloud: CloudWorld,
    { door, watch }: { readonly door: EcsDoor; readonly watch: CloudWatchDoor },
    { system, internal, base }: { system: System; internal: readonly string[]; base: string },
  ) {
    super()
    this.cloud = cloud
    this.door = door
    this.watch = watch
    this.system = system
    this.#internal = internal
    this.#base = base
    this.loopback = new LoopbackClock(cloud.clock)
    door.stuck = () => this.loopback.release()
    for (const one of Object.values(system.services)) this.#apply(one)
  }

  /** A process of its own on the same cloud. */
  services(
    wire: Wire = new Wire(),
    runtime: FakeRuntime = this.machine({}, wire),
    logs?: CloudWatchLogsClient,
  ): EcsServices {
    const client = this.#client(wire)
    const context = { runtime, system: this.system, root: '/project', state: '/project/.sluice/test' }
    return openEcsServices(context, client, async () => this.targets(), logs)
  }

  override provider(wire: Wire = new Wire()): Provider {
    const services = this.services(wire)
    const observer = wire.wrap('observer', this.observer(services))
    return { ...super.provider(wire), services, observer, targets: async () => this.targets() }
  }

  observer(services: Pick<EcsServices, 'balanced'>, region = 'us-east-1'): Observer {
    const session = testSession({ endpoint: this.watch.url, account: ACCOUNT, region })
    const observer = openObserver({
      session,
      clock: this.loopback,
      targets: async () => this.targets(),
      balanced: (...which) => services.balanced(...which),
    })
    this.#clients.push({ destroy: () => observer.close() })
    const { loopback } = this
    return {
      kinds: observer.kinds,
      alarm: (name) => loopback.during(() => observer.alarm(name)),
      requests: (...which) => loopback.during(() => observer.requests(...which)),
      latency: (...which) => loopback.during(() => observer.latency(...which)),
    }
  }

  override machine(options: FakeOptions = {}, wire: Wire = new Wire(), seed = 1): FakeRuntime {
    const runtime = fakeRuntime({ ...options, env: { ...this.env, ...options.env } })
    for (let i = 0; i < seed; i++) runtime.random.bytes(1)
    const { loopback } = this
    const clock: Clock = {
      now: () => loopback.now(),
      sleep: async (ms, signal) => {
        if (wire.dead) return never()
        await loopback.sleep(ms, signal)
        if (wire.dead) return never()
      },
    }
    // Nothing of a fake runtime's clock is used but the port.
    return { ...runtime, clock: clock as FakeRuntime['clock'] }
  }

  targets(): Targets {
    return targetsSchema.parse({
      schema: 'sluice.targets/v1',
      system: 'shop',
      environment: 'test',
      services: Object.fromEntries(
        Object.keys(this.system.services).map((name) => [
          name,
          {
            kind: 'ecs-service',
            region: 'us-east-1',
            cluster: CLUSTER,
            service: `shop-test-${name}`,
            container: name,
            loadBalanced: !this.#internal.includes(name),
            template: `shop-test-${name}`,
            scale: { min: 2, max: 2 },
            ...(this.#internal.includes(name) ? {} : { url: `https://${name}.example.test` }),
            ...(this.staged ? { staged: { header: 'x-sluice-staged', value: 'k3y' } } : {}),
          },
        ]),
      ),
      alarms: { 'web-5xx': 'shop-test-web-5xx' },
      ledger: 'file:///ledger/',
    })
  }

  /** Task definitions that releases have registered. */
  registered(service = 'web'): readonly string[] {
    return this.cloud.store
      .list('aws_ecs_task_definition')
      .map(({ key }) => key)
      .filter((key) => key.includes(`shop-test-${service}_releases:`))
  }

  /** How many deployments a service has had. */
  deployments(service = 'web'): number {
    return this.door.api.service(`shop-test-${service}`).facet.deployments.length
  }

  /** The image that a service is set to. */
  serves(service = 'web'): string {
    const { taskDefinition } = this.door.api.service(`shop-test-${service}`)
    return this.imageOf(taskDefinition)
  }

  imageOf(taskDefinition: string): string {
    const record = this.cloud.store.get('aws_ecs_task_definition', taskDefinition)
    const [first] = JSON.parse(String(record?.attributes['container_definitions'])) as { image: string }[]
    return first?.image ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.door[Symbol.asyncDispose]()
    await this.watch[Symbol.asyncDispose]()
  }

  #client(wire: Wire): ECSClient {
    const client = new ECSClient({
      region: 'us-east-1',
      endpoint: this.door.url,
      maxAttempts: 1,
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    })
    this.#clients.push(client)
    const { loopback } = this
    return new Proxy(client, {
      get: (target, key, receiver) => {
        if (key !== 'send') return Reflect.get(target, key, receiver) as unknown
        return (command: { constructor: { name: string } }, options: object) =>
          wire.request(command.constructor.name.replace(/Command$/, ''), () =>
            loopback.during(
              () => target.send(command as never, options as never) as unknown as Promise<unknown>,
            ),
          )
      },
    })
  }

  /** What the stacks of the service leave: a template whose image no registry has, and a service without copies. */
  #apply({ name, sidecars }: Service): void {
    const { store } = this.cloud
    const family = `shop-test-${name}`
    const key = `${this.#base}:task-definition/${family}:1`
    store.next(`aws_ecs_task_definition ${family}`)
    store.put({
      provider: 'aws',
      type: 'aws_ecs_task_definition',
      key,
      attributes: {
        family,
        cpu: '1024',
        memory: '2048',
        network_mode: 'awsvpc',
        container_definitions: JSON.stringify([
          {
            name,
            image: `repository/${name}:template`,
            essential: true,
            environment: [{ name: 'PORT', value: '8000' }],
            logConfiguration: {
              logDriver: 'awslogs',
              options: { 'awslogs-group': `/ecs/shop/${name}`, 'awslogs-stream-prefix': name },
            },
          },
          ...Object.keys(sidecars).map((sidecar) => ({
            name: sidecar,
            image: `repository/${sidecar}:template`,
          })),
        ]),
        tags_all: { team: 'shop' },
      },
    })
    store.put({
      provider: 'aws',
      type: 'aws_ecs_service',
      key: `${this.#base}:service/${CLUSTER}/${family}`,
      attributes: {
        name: family,
        cluster: `${this.#base}:cluster/${CLUSTER}`,
        task_definition: key,
        desired_count: 0,
        ...(this.#internal.includes(name) ? {} : { load_balancer: [balancer(family, name)] }),
      },
    })
  }
}

const BALANCING = `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}`
/** Names of the metrics of the load balancer. */
export const BALANCER = 'app/shop-test/50dc6c495c0c9188'
export const targetGroup = (service: string, colour: 'blue' | 'green'): string =>
  `targetgroup/shop-test-${service}-${colour}/73e2d6bc24d8a067`

function balancer(family: string, name: string) {
  return {
    target_group_arn: `${BALANCING}:${targetGroup(name, 'blue')}`,
    container_name: name,
    container_port: 8000,
    advanced_configuration: [
      {
        alternate_target_group_arn: `${BALANCING}:${targetGroup(name, 'green')}`,
        production_listener_rule: `${BALANCING}:listener-rule/${BALANCER}/f2f7dc8efc522ab2/9683b2d02a6cabee`,
        role_arn: `arn:aws:iam::${ACCOUNT}:role/${family}-shifter`,
      },
    ],
  }
}

export function ecsShop(changes: Partial<System> = {}): System {
  const system = shop({
    services: { web: service('web', { scale: { min: 2, max: 2 } }) },
    ...changes,
  })
  return {
    ...system,
    environment: { ...system.environment, cloud: 'aws', account: ACCOUNT, region: REGION },
  }
}

export async function openEcsWorld(options: EcsWorldOptions = {}): Promise<EcsWorld> {
  const { system = ecsShop(), behaviour, internal = [], env = {}, staged = false } = options
  const { account = ACCOUNT, region = REGION } = options
  const cloud = new CloudWorld({ account })
  const base = `arn:aws:ecs:${region}:${account}`
  cloud.store.put({
    provider: 'aws',
    type: 'aws_ecs_cluster',
    key: `${base}:cluster/${CLUSTER}`,
    attributes: { name: CLUSTER },
  })
  const door = await openEcs(cloud, behaviour === undefined ? {} : { behaviour })
  const world = new EcsWorld(cloud, { door, watch: await openCloudWatch(cloud) }, { system, internal, base })
  world.env = env
  world.staged = staged
  return world
}

/** Sets what an image does by its content, as `image(name, content)` names it. */
export function byImage(
  table: readonly (readonly [ImageReference, TaskBehaviour])[],
): (image: string) => TaskBehaviour {
  const behaviours = new Map<string, TaskBehaviour>(table)
  return (image) => behaviours.get(image) ?? {}
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}
