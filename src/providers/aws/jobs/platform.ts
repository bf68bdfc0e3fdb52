import type { ImageReference } from '../../../domain/digest.ts'
import type { Rate } from '../../../domain/prices/rates.ts'
import type { Target } from '../../../domain/stacks/targets.ts'
import type { Step } from '../../../domain/system/step.ts'
import type { JobStatus } from '../../ports/jobs.ts'
import type { JobRecord, OutputPlace } from './job-record.ts'

/** A job as a platform is given it. */
export interface JobOrder<Kind extends Target['kind'] = Target['kind']> {
  readonly id: string
  readonly step: Step
  readonly target: Extract<Target, { kind: Kind }>
  readonly image: ImageReference
  /** The step's own variables, and over them what the caller sets. */
  readonly env: Readonly<Record<string, string>>
}

/** What a platform must be told to find its job again; kept in the record of the job. */
export type Where = Readonly<Record<string, string>>

/** A job as its platform shows it now. */
export interface Seen {
  readonly status: JobStatus
  readonly outputs: readonly OutputPlace[]
  /** Since when it waits for a place, where that is not since its start: its machine was taken away. Milliseconds since the epoch. */
  readonly waitsSince?: number
  /** Milliseconds that it waited until it began, by the clock of its platform, where that tells both moments. */
  readonly waited?: number
}

/** A job that was started: the platform's own name of it is known. */
export type StartedJob = JobRecord & { readonly task: string }

/**
 * What runs steps on AWS. Nothing in it decides, and every call may be repeated; `RecordedJobs` makes of it what the port
 * `JobEngine` promises.
 */
export interface JobPlatform<Kind extends Target['kind'] = Target['kind']> {
  readonly traits: {
    readonly kind: Kind
    /** As its users call it: `ECS`. */
    readonly name: string
    /** How it forgets a job, as a sentence. */
    readonly memory: string
    /** Milliseconds that placing a job may take, beside the step's own time. */
    readonly placing: number
  }
  /** What an hour of an attempt costs at most. */
  rate(order: JobOrder<Kind>): Rate
  /** Makes ready what jobs of this image share. */
  prepare(order: JobOrder<Kind>): Promise<Where>
  /** The platform's name of the job; the same one for the same id, also where an earlier answer was lost (promise R33). */
  run(order: JobOrder<Kind>, where: Where): Promise<string>
  /** The job of this record, if it was started. */
  find(record: JobRecord): Promise<string | undefined>
  /** undefined where the platform does not know it: not yet, or no more. */
  look(record: StartedJob): Promise<Seen | undefined>
  /** Nothing where it has ended. `why` is kept with the job where the platform keeps such a text. */
  stop(record: StartedJob, why: string): Promise<void>
  /** Removes what was made for this job alone, after its end was written down. It may be repeated. Absent: there is nothing. */
  release?(record: JobRecord): Promise<void>
  close(): void
}
