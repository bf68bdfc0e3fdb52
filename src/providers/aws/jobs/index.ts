import type { JobEngine } from '../../ports/jobs.ts'
import { type AwsEngine, jobsByKind } from './by-kind.ts'
import { EcsJobs } from './ecs-engine.ts'
import type { JobParts } from './relay.ts'

/** Jobs on AWS, by the kind of a step's target; a kind without an engine is refused by name when it is started. */
export function openAwsJobs(parts: JobParts): JobEngine & { close(): void } {
  const engines: readonly AwsEngine[] = []
  return jobsByKind(parts, new EcsJobs(parts), engines)
}
