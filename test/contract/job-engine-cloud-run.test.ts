import { digestOf, type ImageReference, imageReference } from '../../src/domain/digest.ts'
import { targetsSchema } from '../../src/domain/targets.ts'
import { openAccess } from '../../src/providers/gcp/access.ts'
import { openClient } from '../../src/providers/gcp/client.ts'
import { CloudRunJobs } from '../../src/providers/gcp/jobs/engine.ts'
import { jobRecords } from '../../src/providers/gcp/jobs/record.ts'
import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { aStep } from '../domain/pipeline/builders.ts'
import { BASE, RunDoor } from '../world/cloud-world/http/run/door.ts'
import type { Programs } from '../world/cloud-world/http/run/programs.ts'
import { processRunner } from '../world/cloud-world/http/run/runs.ts'
import { CloudWorld } from '../world/cloud-world/world.ts'
import { MemoryObjects } from '../world/objects.ts'
import { type JobWorld, jobEngineContract, PROGRAMS, type Program } from './job-engine.ts'

jobEngineContract('jobs of Cloud Run', jobs)

const PLACE = { project: 'films-1', location: 'europe-west1' }

/** Executions are real processes of this machine, so time is real too. */
async function jobs(): Promise<JobWorld> {
  const world = new CloudWorld({ project: PLACE.project })
  const programs: Programs = new Map(
    Object.entries(PROGRAMS).map(([name, script]) => [imageOf(name), { script }]),
  )
  const real = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, '/', {
    CLOUDSDK_AUTH_ACCESS_TOKEN: 'token',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: BASE,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: BASE,
  })
  const door = new RunDoor(world, programs, [], real.clock)
  const runner = processRunner(300)
  door.jobs.runner = runner
  world.store.put({
    provider: 'google',
    type: 'google_cloud_run_v2_job',
    key: 'projects/films-1/locations/europe-west1/jobs/films-test-fit-train',
    attributes: {},
  })
  const template = {
    template: {
      containers: [{ name: 'step', image: 'films:template', env: [{ name: 'WHO', value: 'template' }] }],
    },
  }
  const targets = targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'test',
    jobs: { 'fit.train': { kind: 'cloud-run-job', ...PLACE, name: 'films-test-fit-train', template } },
    ledger: 'gs://ledger/ledger',
  })
  const objects = new MemoryObjects()
  return {
    open: () => {
      const events: Event[] = []
      const runtime: Runtime = { ...real, http: door.http, log: { emit: (event) => void events.push(event) } }
      const engine = new CloudRunJobs({
        runtime,
        client: openClient(runtime, openAccess(runtime, PLACE.project)),
        records: jobRecords(objects, 'ledger'),
        targets: async () => targets,
        pipelines: {},
        project: PLACE.project,
        pace: 100,
      })
      return { engine, events }
    },
    spec: (id, program: Program, change = {}, env = {}) => ({
      id,
      step: aStep(change),
      image: imageOf(program),
      env,
    }),
    close: () => runner.close(),
  }
}

function imageOf(program: string): ImageReference {
  return imageReference('europe-west1-docker.pkg.dev/films-1/films-test-trainer/trainer', digestOf(program))
}
