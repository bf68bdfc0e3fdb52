import { digestOf, type ImageReference, imageReference } from '../../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../../src/domain/stacks/targets.ts'
import type { Service, System } from '../../../src/domain/system/system.ts'
import { openGcp } from '../../../src/providers/gcp/index.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import type { Event } from '../../../src/runtime/events.ts'
import { type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { type Api, BASE, RunDoor } from '../../world/cloud-world/http/run/door.ts'
import type { Programs, RunProgram } from '../../world/cloud-world/http/run/programs.ts'
import { CloudWorld } from '../../world/cloud-world/world.ts'
import { MemoryRegistry } from '../../world/registry.ts'

export const PROJECT = 'films-1'
export const LOCATION = 'europe-west1'
export const SERVICE = `projects/${PROJECT}/locations/${LOCATION}/services/films-test-api`
export const POOL = `projects/${PROJECT}/locations/${LOCATION}/workerPools/films-test-queue`
export const STATE = '/project/.sluice/test'

const ENV = Object.fromEntries(
  ['RUN', 'STORAGE', 'LOGGING', 'MONITORING', 'SQLADMIN', 'COMPUTE', 'BIGQUERY'].map((name) => [
    `CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`,
    BASE,
  ]),
)

/** One service of Cloud Run as an apply has left it, in front of it a provider, and nothing of Google's. */
export interface RunWorld {
  readonly world: CloudWorld
  readonly door: RunDoor
  readonly programs: Programs
  readonly provider: Provider
  readonly runtime: FakeRuntime & Runtime
  readonly events: readonly Event[]
  /** Lists an image in its registry. */
  image(name: string, program: RunProgram): ImageReference
  /** A provider of another process. */
  open(): Provider
}

export interface RunWorldOptions {
  readonly services?: readonly Service[]
  readonly ingress?: string
  readonly targets?: (targets: Targets) => Targets
  readonly apis?: readonly Api[]
  readonly system?: Partial<System>
}

export function runWorld(options: RunWorldOptions = {}): RunWorld {
  const { services = [aService()], ingress = 'INGRESS_TRAFFIC_ALL', apis = [] } = options
  const world = new CloudWorld({ project: PROJECT })
  const programs: Programs = new Map()
  const door = new RunDoor(world, programs, apis)
  world.store.put({
    provider: 'google',
    type: 'google_cloud_run_v2_service',
    key: SERVICE,
    attributes: {
      name: 'films-test-api',
      ingress,
      invoker_iam_disabled: ingress === 'INGRESS_TRAFFIC_ALL',
      template: [{ containers: [{ image: 'us-docker.pkg.dev/cloudrun/container/hello' }] }],
      scaling: [],
    },
  })
  world.store.put({
    provider: 'google',
    type: 'google_cloud_run_v2_worker_pool',
    key: POOL,
    attributes: {
      name: 'films-test-queue',
      template: [{ containers: [{ image: 'us-docker.pkg.dev/cloudrun/container/worker-pool' }] }],
      scaling: [{ scaling_mode: 'MANUAL', manual_instance_count: 0 }],
    },
  })
  const targets = options.targets ?? ((given: Targets) => given)
  const fake = fakeRuntime({
    env: { CLOUDSDK_AUTH_ACCESS_TOKEN: 'token', ...ENV },
    files: { [`${STATE}/targets.json`]: JSON.stringify(targets(theTargets())) },
  })
  const runtime = { ...fake, clock: world.clock, http: door.http }
  const system = systemOf(services, options.system)
  const open = (): Provider =>
    openGcp({ runtime, system, root: '/project', state: STATE }, () => new MemoryRegistry())
  const provider = open()
  const image = (name: string, program: RunProgram): ImageReference => {
    const reference = imageReference(
      `${LOCATION}-docker.pkg.dev/${PROJECT}/films-test-api/api`,
      digestOf(name),
    )
    programs.set(reference, program)
    return reference
  }
  return { world, door, programs, provider, runtime, events: fake.events, image, open }
}

export function aService(change: Partial<Service> = {}): Service {
  return {
    name: 'api',
    image: 'api',
    port: 8080,
    health: '/health',
    env: {},
    secrets: {},
    size: { cpu: 1, memory: 2 ** 29 },
    scale: { min: 1, max: 2 },
    gpu: 0,
    public: true,
    connects: [],
    sidecars: {},
    stopTimeout: 10_000,
    ...change,
  } as Service
}

export function systemOf(services: readonly Service[], change: Partial<System> = {}): System {
  return {
    name: 'films',
    environment: { name: 'test', cloud: 'gcp', project: PROJECT, region: LOCATION, nat: 'none', tags: {} },
    images: {},
    services: Object.fromEntries(services.map((service) => [service.name, service])),
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
      bake: 60_000,
      checks: [],
      startTimeout: 120_000,
      timeout: 900_000,
      allowZero: false,
    },
    ...change,
  } as System
}

function theTargets(): Targets {
  const place = { project: PROJECT, location: LOCATION }
  const container = (name: string) => ({
    name,
    image: `${LOCATION}-docker.pkg.dev/${PROJECT}/films-test-api/api:template`,
    env: [{ name: 'LEVEL', value: 'info' }],
  })
  const logs = (type: string, label: string, name: string): string =>
    `logging:${PROJECT}:resource.type="${type}" AND resource.labels.${label}="${name}" AND resource.labels.location="${LOCATION}"`
  return targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'test',
    region: LOCATION,
    services: {
      api: {
        kind: 'cloud-run-service',
        ...place,
        service: 'films-test-api',
        url: 'https://films-test-api-4711.europe-west1.run.app',
        template: {
          serviceAccount: 'films-test-api@films-1.iam.gserviceaccount.com',
          containers: [
            {
              ...container('api'),
              startupProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 5 },
            },
          ],
          scaling: { minInstanceCount: 1, maxInstanceCount: 2 },
        },
      },
      queue: {
        kind: 'worker-pool',
        ...place,
        name: 'films-test-queue',
        template: { containers: [container('queue')] },
      },
    },
    registries: { api: `${LOCATION}-docker.pkg.dev/${PROJECT}/films-test-api/api` },
    ledger: `gs://films-test-ledger-${PROJECT}/ledger`,
    logs: {
      api: logs('cloud_run_revision', 'service_name', 'films-test-api'),
      queue: logs('cloud_run_worker_pool', 'worker_pool_name', 'films-test-queue'),
    },
  })
}
