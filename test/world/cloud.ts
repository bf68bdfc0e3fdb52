import {
  digestOf,
  type ImageReference,
  imageReference,
  parseImageReference,
} from '../../src/domain/digest.ts'
import { targetsSchema } from '../../src/domain/stacks/targets.ts'
import type { Service, System } from '../../src/domain/system/system.ts'
import type { JobEngine } from '../../src/providers/ports/jobs.ts'
import type { RevisionSpec } from '../../src/providers/ports/services.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { FakeClock } from '../../src/runtime/fake/clock.ts'
import { type FakeOptions, type FakeRuntime, fakeRuntime } from '../../src/runtime/fake/index.ts'
import { Wire } from './faults.ts'
import { MemoryObjects } from './objects.ts'
import { MemoryRegistry } from './registry.ts'
import { type Behaviour, MemoryHost } from './service-host.ts'

export const LEDGER = 'file:///ledger/'

/** One cloud in memory that outlives its clients: each `connect` is a new process on the same world. */
export class World {
  readonly clock = new FakeClock()
  readonly objects = new MemoryObjects()
  readonly registry = new MemoryRegistry()
  readonly host: MemoryHost
  /** References that the image registry has lost. */
  readonly lostImages = new Set<string>()

  constructor(behaviour: (spec: RevisionSpec) => Behaviour = () => ({})) {
    this.host = new MemoryHost(this.clock, behaviour)
  }

  provider(wire: Wire = new Wire()): Provider {
    return {
      images: wire.wrap('images', {
        find: async () => undefined,
        publish: async () => {
          throw new Error('this world builds nothing')
        },
        inspect: async (reference: ImageReference) => {
          const digest = parseImageReference(reference)?.digest
          if (digest === undefined || this.lostImages.has(reference)) return undefined
          return { digest, size: 1, platforms: ['linux/amd64'], labels: {} }
        },
      }),
      services: wire.wrap('services', this.host),
      operations: wire.wrap('operations', this.host),
      jobs: wire.wrap('jobs', noJobs),
      objects: wire.wrap('objects', this.objects),
      models: wire.wrap('models', this.registry),
      targets: async () =>
        targetsSchema.parse({
          schema: 'sluice.targets/v1',
          system: 'shop',
          environment: 'test',
          ledger: LEDGER,
        }),
      close: async () => {},
    }
  }

  /** A machine of its own whose time is the world's. It sleeps for ever once its client is killed. */
  machine(options: FakeOptions = {}, wire: Wire = new Wire(), seed = 1): FakeRuntime {
    const runtime = fakeRuntime(options)
    const clock = new Proxy(this.clock, {
      get: (target, key) => {
        if (key === 'sleep') {
          return (ms: number, signal?: AbortSignal) =>
            wire.dead
              ? new Promise<never>(() => {})
              : target.sleep(ms, signal).then(() => (wire.dead ? new Promise<never>(() => {}) : undefined))
        }
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    for (let i = 0; i < seed; i++) runtime.random.bytes(1)
    return { ...runtime, clock }
  }
}

const noJobs: JobEngine = {
  start: async () => {},
  wait: async () => ({ state: 'succeeded', exitCode: 0, reason: null, startedAt: 0, endedAt: 0 }),
  status: async () => undefined,
  stop: async () => {},
  logs: async function* () {},
}

export function image(name: string, content: string): ImageReference {
  return imageReference(`local/shop/${name}`, digestOf(`${name}:${content}`))
}

export function service(name: string, changes: Partial<Service> = {}): Service {
  return {
    name,
    image: name,
    env: {},
    secrets: {},
    port: 8000,
    health: '/health',
    size: { cpu: 1, memory: 2 ** 30 },
    scale: { min: 1, max: 1 },
    public: name === 'web',
    connects: [],
    sidecars: {},
    stopTimeout: 10_000,
    ...changes,
  }
}

/** A shop: `web` connects to `api`, checked over HTTP in two steps. */
export function shop(changes: Partial<System> = {}): System {
  const services = changes.services ?? { web: service('web', { connects: ['api'] }), api: service('api') }
  const images = Object.fromEntries(
    Object.values(services).map(({ image: name }) => [
      name,
      { kind: 'mirror' as const, name, source: `example.test/${name}:1` },
    ]),
  )
  return {
    name: 'shop',
    environment: { name: 'test', cloud: 'local', nat: 'none', tags: {} },
    images,
    functions: {},
    apis: {},
    workers: {},
    databases: {},
    buckets: {},
    tables: {},
    topics: {},
    caches: {},
    pipelines: {},
    models: {},
    components: {},
    rollout: {
      strategy: 'canary',
      steps: [10, 100],
      bake: 20_000,
      checks: [{ kind: 'http', path: '/health', status: 200, requests: 3 }],
      startTimeout: 60_000,
      timeout: 900_000,
      allowZero: false,
    },
    ...changes,
    services,
  }
}
