import { join } from 'node:path'
import { hexOf, parseImageReference } from '../../../domain/digest.ts'
import { bug } from '../../../domain/error.ts'
import { isRunning } from '../../../runtime/process-identity.ts'
import type { Files, Runtime } from '../../../runtime/runtime.ts'
import type { JobEngine } from '../../ports/jobs.ts'
import type { Leftover, Upkeep } from '../../ports/upkeep.ts'
import { JobFiles } from '../jobs/files.ts'
import { removeDataAway } from '../postgres/installation.ts'

export interface UpkeepOptions {
  readonly runtime: Pick<Runtime, 'files' | 'exec'>
  /** Absolute path of `.sluice/<env>`. */
  readonly state: string
  readonly jobs: JobEngine
  /** Ends the supervisor and everything that it runs. */
  readonly stopCloud: () => Promise<unknown>
  /** Where databases lie that cannot lie below `state`; /var/lib/sluice. */
  readonly shared?: string
}

/** Tidying up on cloud `local`: unpacked images, folders of ended jobs, closed log files. */
export function openUpkeep({ runtime, state, jobs, stopCloud, shared }: UpkeepOptions): Upkeep {
  const { files, exec } = runtime
  const cloud = join(state, 'cloud')
  const places = {
    image: join(cloud, 'rootfs'),
    job: join(cloud, 'jobs'),
    log: join(cloud, 'logs'),
    database: join(cloud, 'postgres'),
  } as const
  const jobIds = (): Promise<readonly string[]> => files.list(places.job)

  return {
    async leftovers(keep, before) {
      const kept = new Set(
        keep.flatMap((reference) => parseImageReference(reference)?.digest ?? []).map(hexOf),
      )
      const found: Leftover[] = []
      const add = async (kind: Leftover['kind'], name: string, since: number | undefined): Promise<void> => {
        if (since === undefined || since >= before) return
        found.push({ kind, name, since, size: await sizeOf(files, join(places[kind], name)) })
      }
      for (const name of await files.list(places.image)) {
        if (!kept.has(name)) await add('image', name, (await files.stat(join(places.image, name)))?.modified)
      }
      for (const id of await jobIds()) {
        const ending = await new JobFiles(files, join(places.job, id)).ending()
        await add('job', id, ending?.endedAt)
      }
      for (const service of await files.list(places.log)) {
        const logs = (await files.list(join(places.log, service))).filter((name) => name.endsWith('.log'))
        // The newest one is being written.
        for (const name of logs.slice(0, -1)) {
          const path = join(service, name)
          await add('log', path, (await files.stat(join(places.log, path)))?.modified)
        }
      }
      return found
    },

    async remove({ kind, name }) {
      const path = join(places[kind], name)
      if (!path.startsWith(`${places[kind]}/`)) throw bug(`leftover ${name} lies outside of ${places[kind]}`)
      await files.remove(path)
    },

    // A job's keeper ends it in time; one whose keeper was killed has nobody left to do so.
    async overdue() {
      const found: string[] = []
      for (const id of await jobIds()) {
        const job = new JobFiles(files, join(places.job, id))
        const [ending, keeper, process] = [await job.ending(), await job.keeper(), await job.process()]
        if (ending !== undefined || keeper === undefined || process === undefined) continue
        if (!(await isRunning(keeper, exec)) && (await isRunning(process, exec))) found.push(id)
      }
      return found
    },

    async destroy() {
      for (const id of await jobIds()) await jobs.stop(id)
      await stopCloud()
      for (const name of await files.list(places.database)) {
        await removeDataAway(join(places.database, name), shared)
      }
      await files.remove(state)
    },
  }
}

/** Bytes of a file, or of everything below a folder. */
async function sizeOf(files: Files, path: string): Promise<number> {
  const stat = await files.stat(path)
  if (stat?.kind !== 'directory') return stat?.size ?? 0
  let sum = 0
  for (const name of await files.list(path)) sum += await sizeOf(files, join(path, name))
  return sum
}
