import type { JobEngine } from '../../ports/jobs.ts'
import { type JobsOptions, ProcessJobs } from './engine.ts'

export type { JobsOptions } from './engine.ts'

export function openJobs(options: JobsOptions): JobEngine {
  return new ProcessJobs(options)
}
