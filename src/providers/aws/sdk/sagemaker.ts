/** Loaded by import() of this file: a bundle gives a package of CommonJS that is imported so no names. */
export {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker'
