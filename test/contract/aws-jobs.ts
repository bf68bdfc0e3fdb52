import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { type Engine, openAwsJobsWorld, order, stepOn } from '../world/aws-jobs-world.ts'
import { processRunner } from '../world/cloud-world/http/run/runs.ts'
import { type JobWorld, PROGRAMS } from './job-engine.ts'

/** Containers are real processes of this machine, so time is real too. */
export async function awsJobs(kind: Engine): Promise<JobWorld> {
  const signals = { cancelled: new AbortController().signal }
  const runtimeFor = (events: Event[]) =>
    nodeRuntime({ emit: (event) => void events.push(event) }, signals, '/', {})
  const runner = processRunner(300)
  const programs = Object.fromEntries(Object.entries(PROGRAMS).map(([name, script]) => [name, { script }]))
  const world = await openAwsJobsWorld({ programs, runner, clock: runtimeFor([]).clock, placing: 100 })
  return {
    open: () => {
      const events: Event[] = []
      return { engine: world.open(kind, runtimeFor(events)).engine, events }
    },
    spec: (id, program, change = {}, env = {}) => order(id, program, stepOn(kind, change), env),
    close: async () => {
      await runner.close()
      await world[Symbol.asyncDispose]()
    },
  }
}
