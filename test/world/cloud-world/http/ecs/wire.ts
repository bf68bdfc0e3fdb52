import { digestOf, hexOf } from '../../../../../src/domain/digest.ts'
import type { Resource } from '../../store.ts'
import { type Attributes, isList, isObject, textOf, type Value } from '../../value.ts'
import type { SimTask } from './copies.ts'
import { isOver, type SimDeployment, type SimRevision, type SimStopped, shifts } from './deployment.ts'
import type { SimService } from './service.ts'

/** The JSON that ECS sends: times are seconds. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html */
type Json = Readonly<Record<string, unknown>>

const seconds = (ms: number): number => ms / 1000

export function serviceJson(service: SimService, clusterArn: string): Json {
  const { newest, desired } = service
  const revisions = service.copies.revisions()
  const running = (revision: SimRevision): number => service.copies.running(revision).length
  const total = Math.min(desired, Math.max(0, ...revisions.map(running)))
  return {
    serviceArn: service.record.key,
    serviceName: service.name,
    clusterArn,
    status: 'ACTIVE',
    desiredCount: desired,
    runningCount: total,
    pendingCount: desired - total,
    taskDefinition: service.taskDefinition,
    ...(newest === undefined ? {} : { currentServiceDeployment: newest.arn }),
    currentServiceRevisions: revisions.map((revision) => summary(service, revision, null)),
    deployments: revisions.map((revision, index) => ({
      id: `ecs-svc/${hexOf(digestOf(revision.arn)).slice(0, 19)}`,
      status: index === 0 ? 'PRIMARY' : 'ACTIVE',
      taskDefinition: revision.taskDefinition,
      desiredCount: desired,
      runningCount: running(revision),
      pendingCount: 0,
      failedTasks: failedOf(service, revision, newest),
      rolloutState: newest === undefined || isOver(newest) || index > 0 ? 'COMPLETED' : 'IN_PROGRESS',
      createdAt: seconds(newest?.createdAt ?? 0),
    })),
    events: service.facet.events.map(({ at, message }, index) => ({
      id: String(index),
      createdAt: seconds(at),
      message,
    })),
  }
}

function failedOf(
  service: SimService,
  { taskDefinition }: SimRevision,
  newest: SimDeployment | undefined,
): number {
  const died = newest?.target.taskDefinition === taskDefinition && service.copies.hasDied(newest) ? 1 : 0
  return (newest?.target.taskDefinition === taskDefinition ? newest.failed : 0) + died
}

function summary(service: SimService, revision: SimRevision, weight: number | null): Json {
  const running = service.copies.running(revision).length
  return {
    arn: revision.arn,
    requestedTaskCount: service.desired,
    runningTaskCount: running,
    pendingTaskCount: service.desired - running,
    ...(weight === null
      ? {}
      : { requestedProductionTrafficWeight: weight, requestedTestTrafficWeight: weight }),
  }
}

export function deploymentJson(service: SimService, deployment: SimDeployment, clusterArn: string): Json {
  const { target, source, status, stage, reason, hook, config, createdAt, finishedAt, weight } = deployment
  const shifting = shifts(config)
  const back = status.startsWith('ROLLBACK')
  return {
    serviceDeploymentArn: deployment.arn,
    serviceArn: service.record.key,
    clusterArn,
    createdAt: seconds(createdAt),
    startedAt: seconds(createdAt),
    updatedAt: seconds(createdAt),
    ...(finishedAt === null ? {} : { finishedAt: seconds(finishedAt) }),
    status,
    ...(reason === null ? {} : { statusReason: reason }),
    lifecycleStage: stage,
    deploymentConfiguration: config,
    targetServiceRevision: summary(service, target, shifting ? (back ? 0 : weight) : null),
    sourceServiceRevisions:
      source === null ? [] : [summary(service, source, shifting ? (back ? 100 : 100 - weight) : null)],
    lifecycleHookDetails:
      hook === null
        ? []
        : [
            {
              hookId: hook.id,
              targetType: 'PAUSE',
              status: hook.status,
              expiresAt: seconds(hook.expiresAt),
              timeoutAction: hook.timeoutAction,
            },
          ],
    ...(config.deploymentCircuitBreaker?.enable === true && !shifting
      ? {
          deploymentCircuitBreaker: {
            status: deployment.failed >= 3 ? 'TRIGGERED' : 'MONITORING',
            failureCount: deployment.failed,
            threshold: 3,
          },
        }
      : {}),
    ...(back ? { rollback: { reason, startedAt: seconds(createdAt), serviceRevisionArn: source?.arn } } : {}),
  }
}

export function revisionJson(
  service: SimService,
  revision: SimRevision,
  clusterArn: string,
  container: string,
  image: string,
): Json {
  const digest = service.copies.running(revision)[0]?.digest
  return {
    serviceRevisionArn: revision.arn,
    serviceArn: service.record.key,
    clusterArn,
    taskDefinition: revision.taskDefinition,
    containerImages: [
      {
        containerName: container,
        image,
        ...(image.includes('@') ? { imageDigest: image.slice(image.indexOf('@') + 1) } : {}),
      },
    ],
    ...(digest === undefined ? {} : { launchType: 'FARGATE' }),
    ...balancers(service, revision),
  }
}

function balancers({ record }: SimService, { alternate }: SimRevision): Json {
  const balancer = first(record.attributes['load_balancer'])
  const advanced = first(balancer?.['advanced_configuration'])
  if (balancer === undefined) return {}
  const group = alternate ? advanced?.['alternate_target_group_arn'] : balancer['target_group_arn']
  return {
    resolvedConfiguration: {
      loadBalancers: [
        { targetGroupArn: group, productionListenerRule: advanced?.['production_listener_rule'] },
      ],
    },
  }
}

export function taskJson(
  task: SimTask,
  clusterArn: string,
  containers: readonly { readonly name?: string; readonly image?: string }[],
): Json {
  return {
    taskArn: task.arn,
    clusterArn,
    taskDefinitionArn: task.taskDefinition,
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    healthStatus: task.unhealthy ? 'UNHEALTHY' : 'UNKNOWN',
    startedAt: seconds(task.startedAt),
    containers: containers.map(({ name, image = '' }, index) => ({
      name,
      image,
      imageDigest: index === 0 ? task.digest : image.slice(image.indexOf('@') + 1),
      lastStatus: 'RUNNING',
      healthStatus: task.unhealthy ? 'UNHEALTHY' : 'UNKNOWN',
    })),
  }
}

export function stoppedArn(clusterArn: string, { taskDefinition, at }: SimStopped): string {
  return `${clusterArn.replace(':cluster/', ':task/')}/${hexOf(digestOf(`stopped ${taskDefinition} ${at}`)).slice(0, 32)}`
}

export function stoppedJson(stopped: SimStopped, clusterArn: string, container: string): Json {
  const { taskDefinition, at, code, reason, exitCode, containerReason } = stopped
  return {
    taskArn: stoppedArn(clusterArn, stopped),
    clusterArn,
    taskDefinitionArn: taskDefinition,
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode: code,
    stoppedReason: reason,
    stoppedAt: seconds(at),
    containers: [
      {
        name: container,
        lastStatus: 'STOPPED',
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(containerReason === undefined ? {} : { reason: containerReason }),
      },
    ],
  }
}

/** A record of Terraform's as the API tells it: names in camel case, JSON texts parsed. */
export function definitionJson({ key, attributes }: Resource, status: string): Json {
  const own = Object.fromEntries(
    [
      'family',
      'cpu',
      'memory',
      'networkMode',
      'taskRoleArn',
      'executionRoleArn',
      'requiresCompatibilities',
      'pidMode',
      'ipcMode',
    ].flatMap((name) => {
      const value = attributes[snake(name)]
      return value === undefined || value === null || value === '' ? [] : [[name, value]]
    }),
  )
  const platform = first(attributes['runtime_platform'])
  const registeredAt = Number(attributes['registered_at'] ?? 0)
  return {
    ...own,
    taskDefinitionArn: key,
    revision: Number(/:(\d+)$/.exec(key)?.[1]),
    status,
    containerDefinitions: JSON.parse(textOf(attributes['container_definitions']) ?? '[]') as unknown,
    ...(platform === undefined
      ? {}
      : {
          runtimePlatform: {
            cpuArchitecture: platform['cpu_architecture'],
            operatingSystemFamily: platform['operating_system_family'],
          },
        }),
    volumes: [],
    placementConstraints: [],
    registeredAt: seconds(registeredAt),
  }
}

export function tagsJson({ attributes }: Resource): readonly Json[] {
  const tags = attributes['tags_all'] ?? attributes['tags']
  return isObject(tags) ? Object.entries(tags).map(([key, value]) => ({ key, value })) : []
}

const first = (value: Value | undefined): Attributes | undefined => {
  const one = isList(value) ? value[0] : value
  return isObject(one) ? one : undefined
}

export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
