import type { JobEngine } from '../../ports/jobs.ts'
import { type AwsEngine, jobsByKind } from './by-kind.ts'
import { RecordedJobs } from './recorded-jobs.ts'
import type { JobParts } from './relay.ts'
import { EcsTasks } from './tasks.ts'

/** Jobs on AWS, by the kind of a step's target; a kind without an engine is refused by name when it is started. */
export function openAwsJobs(parts: JobParts): JobEngine & { close(): void } {
  const engines: readonly AwsEngine[] = []
  return jobsByKind(parts, new RecordedJobs(parts, new EcsTasks(parts.session)), engines)
}
