import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJobs } from '../../../../src/providers/local/jobs/index.ts'
import type { JobSpec } from '../../../../src/providers/ports/jobs.ts'
import type { Event } from '../../../../src/runtime/events.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import type { Runtime } from '../../../../src/runtime/runtime.ts'
import { type JobWorld, PROGRAMS, type Program } from '../../../contract/job-engine.ts'
import { aStep, TRAINER } from '../../../domain/pipeline/builders.ts'

export const AROUND = {
  shared: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' },
  connections: { db: { DB_HOST: '127.0.0.1' } },
}

export interface LocalJobWorld extends JobWorld {
  readonly folder: string
  open(
    env?: Record<string, string>,
    cancelled?: AbortSignal,
  ): {
    engine: ReturnType<typeof openJobs>
    events: Event[]
    runtime: Runtime
  }
}

/** Real processes; the image is this machine's node. */
export async function localJobs(): Promise<LocalJobWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-jobs-'))
  const world: LocalJobWorld = {
    folder,
    open: (env, cancelled = new AbortController().signal) => {
      const events: Event[] = []
      const real = nodeRuntime({ emit: (event) => void events.push(event) }, { cancelled }, folder)
      const runtime: Runtime = { ...real, env: env ?? real.env }
      const containers = {
        prepare: async (_: unknown, command: readonly string[] = []) => ({
          argv: [process.execPath, ...command] as const,
          cwd: folder,
          env: { FROM_IMAGE: 'image', WHO: 'image' },
        }),
      }
      const engine = openJobs({ runtime, folder, containers, variables: async () => AROUND, grace: 300 })
      return { engine, events, runtime }
    },
    spec: (id, program, change, env) => localSpec(id, PROGRAMS[program], change, env),
    close: async () => {
      // A test that failed may have left a job that nothing else would end.
      const { engine } = world.open()
      for (const id of await readdir(join(folder, 'jobs'))) await engine.stop(id)
      await rm(folder, { recursive: true, force: true })
    },
  }
  return world
}

export function localSpec(
  id: string,
  script: string,
  change: Partial<JobSpec['step']> = {},
  env: Record<string, string> = {},
): JobSpec {
  return { id, image: TRAINER, env, step: aStep({ command: ['-e', script], ...change }) }
}

export type { Program }
