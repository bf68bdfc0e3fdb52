import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { CloudError } from '../../faults.ts'
import { programOf } from '../run/programs.ts'
import type { Run } from '../run/runs.ts'
import type { Logs } from './logs.ts'
import type { Place } from './part.ts'

type Json = Readonly<Record<string, unknown>>

interface Training {
  readonly input: Json & {
    readonly TrainingJobName: string
    readonly AlgorithmSpecification: {
      readonly TrainingImage: string
      readonly ContainerEntrypoint?: readonly string[]
      readonly ContainerArguments?: readonly string[]
    }
    readonly StoppingCondition: {
      readonly MaxRuntimeInSeconds: number
      readonly MaxWaitTimeInSeconds?: number
    }
    readonly Environment?: Readonly<Record<string, string>>
    readonly EnableManagedSpotTraining?: boolean
  }
  readonly createdAt: number
  /** Since when it waits for capacity. */
  waitsSince: number
  startedAt: number | undefined
  run: Run | undefined
  /** It was told to stop. */
  stopping: number | undefined
  /** How often its capacity was taken away. */
  interruptions: number
}

const GROUP = '/aws/sagemaker/TrainingJobs'

/**
 * Training jobs of SageMaker, one container each. ../../README.md cites the page of each behaviour.
 */
export class SageMaker {
  readonly trainings: Training[] = []
  /** Instances that the quota leaves. */
  quota = Number.POSITIVE_INFINITY
  readonly #clock: Pick<Clock, 'now'>
  readonly #logs: Logs
  readonly #place: Place

  constructor(clock: Pick<Clock, 'now'>, logs: Logs, place: Place) {
    this.#clock = clock
    this.#logs = logs
    this.#place = place
  }

  call(operation: string, input: Json): Json {
    switch (operation) {
      case 'CreateTrainingJob':
        return this.#create(input as Training['input'])
      case 'DescribeTrainingJob':
        return this.#json(this.#of(input))
      case 'StopTrainingJob':
        return this.#stop(this.#of(input))
      default:
        throw new CloudError('ValidationException', `${operation} is not simulated`)
    }
  }

  /** Containers that run at this moment. */
  running(): number {
    return this.trainings.filter((one) => ['Training', 'Stopping'].includes(this.#state(one).secondary))
      .length
  }

  /** Spot capacity is taken away: the job waits for other capacity and starts again, with its checkpoints. */
  interrupt(name: string): void {
    const training = this.#of({ TrainingJobName: name })
    training.run?.cancel()
    training.run = undefined
    training.startedAt = undefined
    training.waitsSince = this.#clock.now()
    training.interruptions++
  }

  #create(input: Training['input']): Json {
    const { TrainingJobName: name } = input
    if (!/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(name)) {
      throw new CloudError(
        'ValidationException',
        `Value '${name}' at 'trainingJobName' failed to satisfy constraint`,
      )
    }
    if (this.trainings.some((one) => one.input.TrainingJobName === name)) {
      throw new CloudError('ResourceInUse', `Training job names must be unique within an AWS account`)
    }
    const wait = input.StoppingCondition.MaxWaitTimeInSeconds
    if (wait !== undefined && wait < input.StoppingCondition.MaxRuntimeInSeconds) {
      throw new CloudError('ValidationException', 'MaxWaitTimeInSeconds must be at least MaxRuntimeInSeconds')
    }
    if (this.trainings.filter((one) => this.#state(one).status === 'InProgress').length >= this.quota) {
      throw new CloudError('ResourceLimitExceeded', 'The account-level service limit is reached')
    }
    const now = this.#clock.now()
    this.trainings.push({
      input,
      createdAt: now,
      waitsSince: now,
      startedAt: undefined,
      run: undefined,
      stopping: undefined,
      interruptions: 0,
    })
    return { TrainingJobArn: arnOf(name) }
  }

  #of(input: Json): Training {
    const found = this.trainings.find((one) => one.input.TrainingJobName === input['TrainingJobName'])
    if (found === undefined) throw new CloudError('ValidationException', 'Requested resource not found.')
    return found
  }

  #stop(training: Training): Json {
    const { status } = this.#state(training)
    if (status !== 'InProgress' && status !== 'Stopping') {
      const said = `The request was rejected because the training job is in status ${status}.`
      throw new CloudError('ValidationException', said)
    }
    training.stopping ??= this.#clock.now()
    training.run?.cancel()
    return {}
  }

  #state(training: Training): { status: string; secondary: string; endedAt?: number; failure?: string } {
    this.#advance(training)
    const { run, stopping, waitsSince, input } = training
    const now = this.#clock.now()
    if (run === undefined) {
      if (stopping !== undefined) return { status: 'Stopped', secondary: 'Stopped', endedAt: stopping }
      const wait = input.StoppingCondition.MaxWaitTimeInSeconds
      const until = wait === undefined ? Number.POSITIVE_INFINITY : training.createdAt + wait * 1000
      if (now > until) return { status: 'Stopped', secondary: 'MaxWaitTimeExceeded', endedAt: until }
      const again = training.interruptions > 0 ? 'Interrupted' : 'Starting'
      return { status: 'InProgress', secondary: waitsSince > now ? 'Starting' : again }
    }
    const end = run.end()
    if (end === undefined) {
      return stopping === undefined
        ? { status: 'InProgress', secondary: 'Training' }
        : { status: 'Stopping', secondary: 'Stopping' }
    }
    const endedAt = end.at
    if (end.by === 'timeout') return { status: 'Stopped', secondary: 'MaxRuntimeExceeded', endedAt }
    if (end.by === 'cancel') return { status: 'Stopped', secondary: 'Stopped', endedAt }
    if (end.code === 0) return { status: 'Completed', secondary: 'Completed', endedAt }
    return {
      status: 'Failed',
      secondary: 'Failed',
      endedAt,
      failure: `AlgorithmError: , exit code: ${end.code ?? 137}`,
    }
  }

  #json(training: Training): Json {
    const { status, secondary, endedAt, failure } = this.#state(training)
    const seconds = (ms: number): number => ms / 1000
    const { input, createdAt, startedAt } = training
    return {
      TrainingJobName: input.TrainingJobName,
      TrainingJobArn: arnOf(input.TrainingJobName),
      TrainingJobStatus: status,
      SecondaryStatus: secondary,
      ...(failure === undefined ? {} : { FailureReason: failure }),
      ModelArtifacts: { S3ModelArtifacts: '' },
      StoppingCondition: input.StoppingCondition,
      CreationTime: seconds(createdAt),
      ...(startedAt === undefined ? {} : { TrainingStartTime: seconds(startedAt) }),
      ...(endedAt === undefined ? {} : { TrainingEndTime: seconds(endedAt) }),
    }
  }

  #advance(training: Training): void {
    const at = training.waitsSince + this.#place.placing
    if (training.run !== undefined || training.stopping !== undefined || this.#clock.now() < at) return
    const {
      AlgorithmSpecification: image,
      StoppingCondition,
      Environment = {},
      TrainingJobName,
    } = training.input
    const program = programOf(this.#place.programs, image.TrainingImage) ?? { exits: 1, lasts: 0 }
    const stream = `${TrainingJobName}/algo-1-${Math.floor(at / 1000)}`
    training.startedAt = at
    training.run = this.#place.runner({
      program,
      command: [...(image.ContainerEntrypoint ?? []), ...(image.ContainerArguments ?? [])],
      env: Environment,
      timeout: StoppingCondition.MaxRuntimeInSeconds * 1000,
      began: at,
      write: (_, line, when) => this.#logs.write(GROUP, stream, line, when),
    })
  }
}

const arnOf = (name: string): string => `arn:aws:sagemaker:us-east-1:222222222222:training-job/${name}`
