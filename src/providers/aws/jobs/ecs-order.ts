import type { RunTaskCommandInput } from '@aws-sdk/client-ecs'
import { digestOf, hexOf } from '../../../domain/digest.ts'
import { usageError } from '../../../domain/error.ts'
import { LIFETIME_TAG } from '../../../domain/jobs/boot.ts'
import { JOB_TAG } from '../../../domain/jobs/ecs-tasks.ts'
import type { JobOrder } from './platform.ts'
import type { KillerParts } from './run-killer.ts'

/** What a task is started from: a definition, and the container in it that is the step. */
export interface TaskParts {
  readonly definition: string
  readonly container: string
}

/**
 * RunTask for one job: equal for equal jobs, with a token of the job, and with the tags by which its killer and the reaper know it.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
export function runTask(
  { id, step, target, env }: JobOrder<'ecs-task'>,
  { definition, container }: TaskParts,
  own: Readonly<Record<string, string>>,
): RunTaskCommandInput {
  const environment = Object.entries(env).map(([name, value]) => ({ name, value }))
  const { command, timeout } = step
  const tags = { ...own, [JOB_TAG]: id, [LIFETIME_TAG]: String(timeout) }
  return {
    cluster: target.cluster,
    taskDefinition: definition,
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html: 64 characters.
    clientToken: hexOf(digestOf(id)),
    startedBy: id,
    propagateTags: 'TASK_DEFINITION',
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    overrides: {
      containerOverrides: [
        { name: container, environment, ...(command === undefined ? {} : { command: [...command] }) },
      ],
    },
    ...placeOf(target),
  }
}

/** On machines of the cluster's own a task has their address and their firewall. */
function placeOf(
  target: JobOrder<'ecs-task'>['target'],
): Pick<RunTaskCommandInput, 'launchType' | 'capacityProviderStrategy' | 'networkConfiguration'> {
  const { machines, subnets, securityGroups, publicAddress } = target as typeof target & Network
  if (machines !== undefined) {
    return { capacityProviderStrategy: [{ capacityProvider: machines.provider, weight: 1 }] }
  }
  return {
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...(subnets ?? [])],
        securityGroups: [...(securityGroups ?? [])],
        assignPublicIp: publicAddress === true ? 'ENABLED' : 'DISABLED',
      },
    },
  }
}

/** As synth writes them into targets.json. */
interface Network {
  readonly subnets?: readonly string[]
  readonly securityGroups?: readonly string[]
  readonly publicAddress?: boolean
}

/** @throws SluiceError usage where the stacks are of an earlier version, or of the team's own without it */
export function killerOf(step: string, { killer }: JobOrder<'ecs-task'>['target']): KillerParts {
  if (killer !== undefined) return killer
  throw usageError({
    what: `targets.json names no killer for step ${step}`,
    rule: 'no task is started without what ends it when its time is over, whoever is still there',
    remedy: 'run "sluice plan" and "sluice apply" with this version',
  })
}
