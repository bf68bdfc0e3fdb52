import { awsJobs } from './aws-jobs.ts'
import { jobEngineContract } from './job-engine.ts'

jobEngineContract('jobs of AWS Batch', () => awsJobs('batch'), { streams: 'merged' })
jobEngineContract('training jobs of SageMaker', () => awsJobs('sagemaker'), { streams: 'merged' })
jobEngineContract('tasks of ECS on Fargate', () => awsJobs('fargate'), { streams: 'merged' })
jobEngineContract("tasks of ECS on machines of the cluster's own", () => awsJobs('machines'), {
  streams: 'merged',
})
