import type { ImageReference } from '../../domain/digest.ts'
import type { Step } from '../../domain/system/step.ts'
import type { LogLine } from './operations.ts'

export interface JobSpec {
  /** Equal ids are the same job: a second start finds the first (promise R33). */
  readonly id: string
  readonly step: Step
  readonly image: ImageReference
  /** Environment of the container beside the step's own; secrets are named in `step.secrets` and resolved by the engine. */
  readonly env: Readonly<Record<string, string>>
}

export interface JobStatus {
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'stopped'
  readonly exitCode: number | null
  /** Why it failed, in the platform's words. */
  readonly reason: string | null
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export interface JobEngine {
  start(spec: JobSpec): Promise<void>
  /** Waits for the end, relaying output as `output` events; the step's time-out is the engine's to keep. */
  wait(id: string): Promise<JobStatus>
  status(id: string): Promise<JobStatus | undefined>
  /** Ends it; resolves when it has ended. */
  stop(id: string): Promise<void>
  logs(id: string): AsyncIterable<LogLine>
}
