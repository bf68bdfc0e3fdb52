import type { CreateTrainingJobCommandInput } from '@aws-sdk/client-sagemaker'
import { digestOf, hexOf } from '../../../domain/digest.ts'
import { usageError } from '../../../domain/error.ts'
import { commandOnNode, type NodeWords, nodeVariables } from '../../../domain/jobs/rendezvous.ts'
import type { JobOrder } from './platform.ts'

/** Milliseconds that SageMaker may look for spot capacity, beside the step's own time. */
export const SPOT_WAIT = 60 * 60_000
/** What a step leaves here is there again when it starts on other capacity. */
const CHECKPOINTS = '/opt/ml/checkpoints'
/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html: two hours at least. */
const PENDING_SECONDS = 7200
/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html#sagemaker-CreateTrainingJob-request-Environment */
const LONGEST_VALUE = 512
const MOST_VARIABLES = 100
/** Items of ContainerEntrypoint and ContainerArguments, in characters: API_AlgorithmSpecification. */
const LONGEST_WORD = 256

/**
 * Hosts are called algo-1, algo-2, ... and a file says which one this is
 * (https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html#your-algorithms-training-algo-running-container-dist-training).
 */
const NODE: NodeWords = {
  address: 'algo-1',
  rank: `$(($(grep -o 'current_host": *"algo-[0-9]*' /opt/ml/input/config/resourceconfig.json|grep -o '[0-9]*$')-1))`,
}

/** A training job is told by its name, which is never given twice: letters, digits and "-", 63 at most. */
export function trainingJobName(prefix: string, id: string): string {
  return `${prefix.slice(0, 42).replace(/-+$/, '')}-${hexOf(digestOf(id)).slice(0, 20)}`
}

/**
 * SageMaker ends the job by itself after MaxRuntimeInSeconds, whoever watches (promise R32); managed spot training puts back
 * what is in /opt/ml/checkpoints when it starts again (promise R35).
 *
 * @throws SluiceError usage where something is larger than SageMaker takes
 */
export function trainingJob(
  { step, target, image, env }: JobOrder<'sagemaker-training'>,
  name: string,
): CreateTrainingJobCommandInput {
  const { role, machine, machines, disk, spot, output, subnets, securityGroups } = target
  const kept = spot ? { SLUICE_CHECKPOINT_DIR: CHECKPOINTS } : {}
  const variables = { ...target.environment, ...kept, ...env, ...nodeVariables(step) }
  checkVariables(step.name, variables)
  const words = machines > 1 ? commandOnNode(step, NODE) : step.command
  const [first, ...rest] = words ?? []
  checkWords(step.name, words ?? [])
  const seconds = Math.max(1, Math.ceil(step.timeout / 1000))
  return {
    TrainingJobName: name,
    AlgorithmSpecification: {
      TrainingImage: image,
      TrainingInputMode: 'File',
      // Without one, SageMaker gives the image the single argument "train".
      ...(first === undefined ? {} : { ContainerEntrypoint: [first] }),
      ...(rest.length === 0 ? {} : { ContainerArguments: rest }),
    },
    RoleArn: role,
    OutputDataConfig: { S3OutputPath: output },
    ResourceConfig: {
      InstanceType: machine as 'ml.m5.large',
      InstanceCount: machines,
      VolumeSizeInGB: disk,
    },
    StoppingCondition: {
      MaxRuntimeInSeconds: seconds,
      ...(spot
        ? { MaxWaitTimeInSeconds: seconds + SPOT_WAIT / 1000 }
        : { MaxPendingTimeInSeconds: PENDING_SECONDS }),
    },
    EnableManagedSpotTraining: spot,
    ...(spot ? { CheckpointConfig: { S3Uri: `${output}/${name}/checkpoints`, LocalPath: CHECKPOINTS } } : {}),
    ...(subnets.length === 0 ? {} : { VpcConfig: { Subnets: subnets, SecurityGroupIds: securityGroups } }),
    Environment: variables,
    Tags: [{ Key: 'sluice:step', Value: step.name }],
  }
}

function checkVariables(step: string, variables: Readonly<Record<string, string>>): void {
  const names = Object.keys(variables)
  if (names.length > MOST_VARIABLES) {
    throw usageError({
      what: `step ${step} has ${names.length} environment variables`,
      rule: `a training job of SageMaker takes ${MOST_VARIABLES}`,
      remedy: `give step ${step} fewer parameters and connections, or another engine`,
    })
  }
  const long = names.find((name) => (variables[name] ?? '').length > LONGEST_VALUE)
  if (long === undefined) return
  throw usageError({
    what: `${long} of step ${step} has ${variables[long]?.length} characters`,
    rule: `a variable of a training job of SageMaker has ${LONGEST_VALUE} at most`,
    remedy: 'put the value into a file of an input, or choose another engine',
  })
}

function checkWords(step: string, words: readonly string[]): void {
  const long = words.find((word) => word.length > LONGEST_WORD)
  if (long === undefined) return
  throw usageError({
    what: `the command of step ${step} has a word of ${long.length} characters: ${long.slice(0, 40)}...`,
    rule: `SageMaker takes words of ${LONGEST_WORD} characters`,
    remedy: 'put what is long into a script of the image',
  })
}
