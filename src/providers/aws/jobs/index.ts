import type { JobEngine } from '../../ports/jobs.ts'
import { EcsJobs } from './ecs-engine.ts'
import type { JobParts } from './relay.ts'

/** Jobs on AWS. Steps of the engines batch, ec2 and sagemaker are refused by name when they are started. */
export function openAwsJobs(parts: JobParts): JobEngine & { close(): void } {
  return new EcsJobs(parts)
}
