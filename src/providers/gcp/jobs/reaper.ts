import type { Sighting } from '../../../domain/jobs/reaping.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Reaper } from '../../ports/reaper.ts'
import type { GcpClient } from '../client.ts'
import { jobsApi } from './api.ts'
import type { JobRecord, JobRecords } from './record.ts'
import { JOB } from './template.ts'
import { vertexApi } from './vertex-api.ts'
import { hasEnded } from './vertex-status.ts'

/** What a queue for machines may take beside a job's own time. */
const PLACING = 60 * 60_000

export interface ReaperParts {
  readonly runtime: Pick<Runtime, 'clock'>
  readonly client: GcpClient
  readonly records: JobRecords
  readonly targets: () => Promise<Targets>
  /** Labels of this environment's custom jobs. */
  readonly labels: Readonly<Record<string, string>>
}

/** What the platform shows of a job that has not ended. */
interface Running {
  readonly kind: JobRecord['kind']
  readonly name: string
  readonly job: string
  readonly startedAt: number
  /** Milliseconds. */
  readonly lifetime: number | null
}

/**
 * Executions of this environment's jobs of Cloud Run that carry the id of one of ours, and custom jobs with its labels. Both end by
 * themselves when their time is over; what has lost its record or its run is found here.
 */
export function openJobReaper({ runtime, client, records, targets, labels }: ReaperParts): Reaper {
  const run = jobsApi(client)
  const vertex = vertexApi(client)

  async function* running(): AsyncGenerator<Running> {
    const jobs = Object.values((await targets()).jobs)
    for (const target of jobs) {
      if (target.kind !== 'cloud-run-job') continue
      const job = `projects/${target.project}/locations/${target.location}/jobs/${target.name}`
      for await (const { name, createTime, completionTime, annotations, template } of run.executions(job)) {
        const id = annotations[JOB]
        if (completionTime !== undefined || id === undefined) continue
        const lifetime = milliseconds(template?.timeout)
        yield { kind: target.kind, name, job: id, startedAt: Date.parse(createTime), lifetime }
      }
    }
    const places = jobs.flatMap((target) =>
      target.kind === 'vertex-job' ? [`projects/${target.project}/locations/${target.location}`] : [],
    )
    for (const place of new Set(places)) {
      for await (const job of vertex.labelled(place, labels)) {
        const id = job.displayName.replace(/^sluice-/, '')
        if (hasEnded(job) || id === job.displayName) continue
        const startedAt = Date.parse(job.startTime ?? job.createTime)
        const lifetime = milliseconds(job.jobSpec?.scheduling?.timeout)
        yield { kind: 'vertex-job', name: job.name, job: id, startedAt, lifetime }
      }
    }
  }

  return {
    look: async () => {
      const found: Sighting[] = []
      for await (const { name, job, startedAt, lifetime } of running()) {
        const record = (await records.read(job))?.record
        const now = runtime.clock.now()
        found.push({
          kind: 'execution',
          name,
          job,
          startedAt,
          // Google's answers have no clock of their own that could speak beside ours, so the time counts once: by the claim where
          // there is one.
          lifetime: record === undefined ? lifetime : null,
          now,
          claim: claimOf(record, now),
          life: null,
          ...(record?.run === undefined ? {} : { run: record.run }),
        })
      }
      return found
    },
    end: async ({ name }) => {
      // What has ended meanwhile is fine.
      if (name.includes('/customJobs/')) {
        const job = await vertex.find(name)
        if (job !== undefined && !hasEnded(job)) await vertex.cancel(name)
        return
      }
      const execution = await run.execution(name)
      if (execution !== undefined && execution.completionTime === undefined) await run.cancel(name)
    },
  }
}

function claimOf(record: JobRecord | undefined, now: number): Sighting['claim'] {
  if (record === undefined) return 'none'
  return record.ending === null ? { until: record.claimedAt + record.timeout + PLACING, now } : 'ended'
}

/** `600s`: https://protobuf.dev/reference/protobuf/google.protobuf/#duration */
function milliseconds(duration: string | undefined): number | null {
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(duration ?? '') ?? []
  return seconds === undefined ? null : Number(seconds) * 1000
}
