import type { Rate } from '../../../domain/prices/rates.ts'
import type { Target } from '../../../domain/stacks/targets.ts'
import type { Step } from '../../../domain/system/step.ts'
import type { JobSpec, JobStatus } from '../../ports/jobs.ts'
import type { LogPlace } from '../logs.ts'
import type { JobRecord } from './record.ts'

export type JobKind = 'cloud-run-job' | 'vertex-job'
export type JobTarget<Kind extends JobKind = JobKind> = Extract<Target, { kind: Kind }>

/** What stands on Google Cloud for a job. */
export interface Found {
  /** Resource name. */
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly ended: boolean
  status(): Promise<JobStatus>
}

/** What runs steps on Google Cloud. Neither has a token against a second start: `ClaimedJobs` sees that there is one. */
export interface JobPlatform<Kind extends JobKind = JobKind> {
  /** Milliseconds that placing a job may take, beside the step's own time. */
  readonly placing: number
  /** What an hour of an attempt costs at most. */
  rate(target: JobTarget<Kind>, step: Step): Rate
  /** Where what it starts is found again; kept with the claim. */
  placeOf(target: JobTarget<Kind>): string
  /** Starts what no search has found. Where the answer was lost it searches again. */
  launch(place: string, target: JobTarget<Kind>, spec: JobSpec): Promise<string>
  /** Of several by chance, the first one counts; the others are cancelled. */
  find(record: JobRecord): Promise<Found | undefined>
  cancel(name: string): Promise<void>
  /** Its lines in Cloud Logging. */
  logsOf(name: string): LogPlace
}
