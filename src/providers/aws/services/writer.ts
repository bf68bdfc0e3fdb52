import {
  ContinueServiceDeploymentCommand,
  type DeploymentLifecycleHookAction,
  DeregisterTaskDefinitionCommand,
  type ECSClient,
  type Service as EcsService,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { externalError } from '../../../domain/error.ts'
import type { RolloutPolicy } from '../../../domain/system/rollout-policy.ts'
import type { AwsCalls } from './calls.ts'
import type { Registered } from './revision.ts'
import { deploymentConfiguration, ROLLING, shiftsTraffic } from './strategy.ts'
import { type EcsTarget, familyOf } from './target.ts'

/**
 * What changes something on ECS. None of it is repeated where the answer was lost: the caller looks first, because a second
 * registration is a second revision and a second answer belongs to another pause.
 */
export class EcsWriter {
  readonly #client: ECSClient
  readonly #calls: AwsCalls
  readonly #policy: RolloutPolicy

  constructor(client: ECSClient, calls: AwsCalls, policy: RolloutPolicy) {
    this.#client = client
    this.#calls = calls
    this.#policy = policy
  }

  /** The new revision. */
  async register(
    target: EcsTarget,
    definition: RegisterTaskDefinitionCommandInput,
    signal?: AbortSignal,
  ): Promise<Registered & { readonly arn: string }> {
    const { taskDefinition, tags = [] } = await this.#calls.ask(
      `registering a revision of ${target.family}`,
      'refused',
      (options) => this.#client.send(new RegisterTaskDefinitionCommand(definition), options),
      signal,
    )
    const arn = taskDefinition?.taskDefinitionArn
    if (taskDefinition === undefined || arn === undefined)
      throw externalError('service', { what: `ECS registered ${target.family} without an ARN` })
    return { definition: taskDefinition, tags, arn }
  }

  /** Begins a deployment of the revision as the rollout's strategy asks; the service as it is then. */
  deploy(
    target: EcsTarget,
    revision: string,
    desired?: number,
    signal?: AbortSignal,
  ): Promise<EcsService | undefined> {
    return this.#update(target, `deploying ${revision}`, signal, {
      taskDefinition: revision,
      deploymentConfiguration: deploymentConfiguration(target, this.#policy),
      ...(desired === undefined ? {} : { desiredCount: desired }),
    })
  }

  /** Back to an earlier revision at once, without pauses. */
  async replace(target: EcsTarget, revision: string, desired?: number, signal?: AbortSignal): Promise<void> {
    await this.#update(target, `going back to ${revision}`, signal, {
      taskDefinition: revision,
      deploymentConfiguration: shiftsTraffic(target, this.#policy)
        ? { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, lifecycleHooks: [] }
        : ROLLING,
      ...(desired === undefined ? {} : { desiredCount: desired }),
    })
  }

  async scale(target: EcsTarget, desiredCount: number, signal?: AbortSignal): Promise<void> {
    await this.#update(target, `scaling ${target.name} to ${desiredCount}`, signal, { desiredCount })
  }

  async answer(
    target: EcsTarget,
    deployment: string,
    hookId: string,
    action: DeploymentLifecycleHookAction,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#calls.ask(
      `answering ${action} to the deployment of ${target.name}`,
      'refused',
      (options) =>
        this.#client.send(
          new ContinueServiceDeploymentCommand({ serviceDeploymentArn: deployment, hookId, action }),
          options,
        ),
      signal,
    )
  }

  async stop(target: EcsTarget, deployment: string, signal?: AbortSignal): Promise<void> {
    await this.#calls.ask(
      `stopping the deployment of ${target.name}`,
      'refused',
      (options) =>
        this.#client.send(
          new StopServiceDeploymentCommand({ serviceDeploymentArn: deployment, stopType: 'ROLLBACK' }),
          options,
        ),
      signal,
    )
  }

  /** A revision that was taken back is not found again as the newest one. Tasks that still run of it stay. */
  async retire(target: EcsTarget, revision: string, signal?: AbortSignal): Promise<void> {
    if (familyOf(revision) !== target.family) return
    await this.#calls.ask(
      `deregistering ${revision}`,
      'always',
      (options) =>
        this.#client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: revision }), options),
      signal,
    )
  }

  async #update(
    { cluster, service }: EcsTarget,
    what: string,
    signal: AbortSignal | undefined,
    change: Omit<ConstructorParameters<typeof UpdateServiceCommand>[0], 'cluster' | 'service'>,
  ): Promise<EcsService | undefined> {
    const answer = await this.#calls.ask(
      what,
      'refused',
      (options) => this.#client.send(new UpdateServiceCommand({ cluster, service, ...change }), options),
      signal,
    )
    return answer.service
  }
}
