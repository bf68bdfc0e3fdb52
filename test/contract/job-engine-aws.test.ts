import { awsJobs } from './aws-jobs.ts'
import { jobEngineContract } from './job-engine.ts'

jobEngineContract('jobs of AWS Batch', () => awsJobs('batch'), { streams: 'merged' })
jobEngineContract('training jobs of SageMaker', () => awsJobs('sagemaker'), { streams: 'merged' })
