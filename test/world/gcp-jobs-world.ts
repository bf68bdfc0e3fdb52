import { digestOf, type ImageReference, imageReference } from '../../src/domain/digest.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'
import type { Step } from '../../src/domain/system/step.ts'
import { openAccess } from '../../src/providers/gcp/access.ts'
import { openJobs } from '../../src/providers/gcp/jobs/index.ts'
import type { JobEngine, JobSpec } from '../../src/providers/ports/jobs.ts'
import type { HttpRequest, Runtime } from '../../src/runtime/runtime.ts'
import { aStep } from '../domain/pipeline/builders.ts'
import { ComputeEngine } from './cloud-world/http/run/compute.ts'
import { BASE, RunDoor } from './cloud-world/http/run/door.ts'
import type { Programs, RunProgram } from './cloud-world/http/run/programs.ts'
import { type Runner, virtualRunner } from './cloud-world/http/run/runs.ts'
import { Vertex } from './cloud-world/http/vertex.ts'
import { CloudWorld } from './cloud-world/world.ts'
import { Wire } from './faults.ts'
import { MemoryObjects } from './objects.ts'

export type GcpEngine = 'cloud-run' | 'vertex' | 'nodes'

const PLACE = { project: 'films-1', location: 'europe-west1' }
/** Variables of a client of this world. */
export const GCP_ENV = {
  CLOUDSDK_AUTH_ACCESS_TOKEN: 'token',
  CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: BASE,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: BASE,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM: BASE,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: BASE,
}

interface OpenOptions {
  readonly pace?: number
  readonly wire?: Wire
  readonly location?: string
  /** Of the job's template. @default nvidia-l4 */
  readonly accelerator?: string
}

/** Of everything in this environment. */
export const LABELS = { 'sluice-system': 'films', 'sluice-environment': 'test' }

export interface GcpJobsWorldOptions {
  readonly programs: Readonly<Record<string, RunProgram>>
  readonly runner?: Runner
  readonly clock?: Runtime['clock']
  /** Milliseconds until a custom job has its machines. */
  readonly placing?: number
}

/** Steps of a system on Cloud Run and on Vertex AI. */
export class GcpJobsWorld {
  readonly cloud = new CloudWorld({ project: PLACE.project })
  readonly objects = new MemoryObjects()
  readonly door: RunDoor
  readonly vertex: Vertex
  readonly compute = new ComputeEngine(PLACE.project)

  constructor({ programs: named, runner, clock = this.cloud.clock, placing = 0 }: GcpJobsWorldOptions) {
    const programs: Programs = new Map(Object.entries(named).map(([name, one]) => [gcpImage(name), one]))
    const run = runner ?? virtualRunner(clock)
    const apis = [(...given: Parameters<Vertex['api']>) => this.vertex.api(...given), this.compute.answer]
    this.door = new RunDoor(this.cloud, programs, apis, clock)
    this.door.jobs.runner = run
    this.vertex = new Vertex({ programs, runner: run, logging: this.door.logging, clock, placing })
    this.cloud.store.put({
      provider: 'google',
      type: 'google_cloud_run_v2_job',
      key: 'projects/films-1/locations/europe-west1/jobs/films-test-fit-train',
      attributes: {},
    })
  }

  /** A client that knows nothing of what others have done, on a machine like this one. */
  open(kind: GcpEngine, machine: Runtime, options: OpenOptions = {}): JobEngine {
    return this.#opened(kind, machine, options).jobs
  }

  reaper(kind: GcpEngine, machine: Runtime) {
    return this.#opened(kind, machine, {}).reaper
  }

  #opened(
    kind: GcpEngine,
    machine: Runtime,
    { pace, wire = new Wire(), location = PLACE.location, accelerator }: OpenOptions,
  ) {
    const { http } = this.door
    const request = async (one: HttpRequest) => {
      one.signal?.throwIfAborted()
      return wire.request(`${one.method ?? 'GET'} ${new URL(one.url).pathname}`, () => http.request(one))
    }
    const clock: Runtime['clock'] = {
      now: () => machine.clock.now(),
      sleep: async (ms, signal) => {
        if (wire.dead) return never()
        await machine.clock.sleep(ms, signal)
        if (wire.dead) return never()
      },
    }
    const runtime: Runtime = { ...machine, clock, env: { ...machine.env, ...GCP_ENV }, http: { request } }
    return openJobs({
      runtime,
      access: openAccess(runtime, PLACE.project),
      objects: () => wire.wrap('objects', this.objects),
      targets: async () => targets(kind, { ...PLACE, location }, accelerator),
      system: {
        name: 'films',
        environment: { name: 'test', cloud: 'gcp', nat: 'none', tags: {} },
        pipelines: {},
      },
      place: { project: PLACE.project, ledgerBucket: 'ledger' },
      ...(pace === undefined ? {} : { pace }),
    })
  }
}

export function gcpImage(program: string): ImageReference {
  return imageReference('europe-west1-docker.pkg.dev/films-1/films-test-trainer/trainer', digestOf(program))
}

export function gcpOrder(
  kind: GcpEngine,
  id: string,
  program: string,
  change: Partial<Step> = {},
  env: Readonly<Record<string, string>> = {},
): JobSpec {
  return { id, step: aStep({ nodes: kind === 'nodes' ? 3 : 1, ...change }), image: gcpImage(program), env }
}

function targets(kind: GcpEngine, place: typeof PLACE, accelerator = 'nvidia-l4'): Targets {
  const gpu = { nodeSelector: { accelerator }, gpuZonalRedundancyDisabled: true }
  const env = [{ name: 'WHO', value: 'template' }]
  const pool = (replicaCount: number) => ({
    machineSpec: { machineType: 'n1-standard-4' },
    replicaCount,
    containerSpec: { imageUri: 'films:template', env },
  })
  const target =
    kind === 'cloud-run'
      ? {
          kind: 'cloud-run-job',
          ...place,
          name: 'films-test-fit-train',
          template: { template: { containers: [{ name: 'step', image: 'films:template', env }], ...gpu } },
        }
      : {
          kind: 'vertex-job',
          ...place,
          serviceAccount: 'fit@films-1.iam.gserviceaccount.com',
          template: {
            workerPoolSpecs: kind === 'nodes' ? [pool(1), pool(2)] : [pool(1)],
            scheduling: { timeout: '3600s', strategy: 'SPOT' },
            serviceAccount: 'fit@films-1.iam.gserviceaccount.com',
          },
        }
  return targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'test',
    jobs: { 'fit.train': target },
    workers: {
      detector: {
        kind: 'gce-worker',
        project: PLACE.project,
        location: PLACE.location,
        template: 'films-test-detector',
        instances: { ...LABELS, 'sluice-worker': 'detector' },
      },
    },
    ledger: 'gs://ledger/ledger',
  })
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}
