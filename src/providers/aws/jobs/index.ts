import { awsPrefix } from '../../../domain/names/aws-names.ts'
import type { JobEngine } from '../../ports/jobs.ts'
import { BatchJobs } from './batch-jobs.ts'
import { type AwsEngine, jobsByKind } from './by-kind.ts'
import { Ec2Jobs } from './ec2/engine.ts'
import { RecordedJobs } from './recorded-jobs.ts'
import type { JobParts } from './relay.ts'
import { SageMakerJobs } from './sagemaker-jobs.ts'
import { EcsTasks } from './tasks.ts'

/** Jobs on AWS, by the kind of a step's target; a kind without an engine is refused by name when it is started. */
export function openAwsJobs(parts: JobParts): JobEngine & { close(): void } {
  const { session, context } = parts
  const { name: system, environment } = context.system
  const prefix = awsPrefix({ system, environment: environment.name })
  const engines: readonly AwsEngine[] = [
    new RecordedJobs(parts, new BatchJobs(session, context.runtime)),
    new RecordedJobs(parts, new SageMakerJobs(session, prefix)),
    new Ec2Jobs(parts),
  ]
  const own = { 'sluice:system': system, 'sluice:environment': environment.name }
  const tasks = new EcsTasks({ session, runtime: context.runtime, own })
  return jobsByKind(parts, new RecordedJobs(parts, tasks), engines)
}
