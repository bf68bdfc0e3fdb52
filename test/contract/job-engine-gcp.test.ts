import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { processRunner } from '../world/cloud-world/http/run/runs.ts'
import { type GcpEngine, GcpJobsWorld, gcpOrder } from '../world/gcp-jobs-world.ts'
import { type JobWorld, jobEngineContract, PROGRAMS } from './job-engine.ts'

jobEngineContract('jobs of Cloud Run', () => jobs('cloud-run'))
jobEngineContract('custom jobs of Vertex AI', () => jobs('vertex'), { streams: 'merged' })

/** Containers are real processes of this machine, so time is real too. */
async function jobs(kind: GcpEngine): Promise<JobWorld> {
  const signals = { cancelled: new AbortController().signal }
  const machine = (events: Event[]) =>
    nodeRuntime({ emit: (event) => void events.push(event) }, signals, '/', {})
  const runner = processRunner(300)
  const programs = Object.fromEntries(Object.entries(PROGRAMS).map(([name, script]) => [name, { script }]))
  const world = new GcpJobsWorld({ programs, runner, clock: machine([]).clock, placing: 100 })
  return {
    open: () => {
      const events: Event[] = []
      return { engine: world.open(kind, machine(events), { pace: 100 }), events }
    },
    spec: (id, program, change = {}, env = {}) => gcpOrder(kind, id, program, change, env),
    close: () => runner.close(),
  }
}
