import type { DeploymentConfiguration } from '@aws-sdk/client-ecs'
import type { RolloutPolicy } from '../../../domain/system/rollout-policy.ts'

const MINUTE = 60_000
/** ECS waits this long at most for an answer to a pause: 14 days are allowed, a day is its default. */
const LONGEST_PAUSE = 1440

/** Does ECS move this service's traffic in steps? Only behind a load balancer, and only where it is asked to. */
export function shiftsTraffic(
  { loadBalanced }: { readonly loadBalanced: boolean },
  { strategy }: Pick<RolloutPolicy, 'strategy'>,
): boolean {
  return loadBalanced && strategy !== 'rolling'
}

/**
 * How ECS is to deploy a release. It stops before every shift of traffic and again when all of it has moved, until the
 * rollout answers; nobody answering for longer than a rollout may take means back. Sluice bakes, so ECS's own times are 0.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
 */
export function deploymentConfiguration(
  target: { readonly loadBalanced: boolean },
  policy: Pick<RolloutPolicy, 'strategy' | 'steps' | 'timeout'>,
): DeploymentConfiguration {
  if (!shiftsTraffic(target, policy)) return ROLLING
  const [first] = policy.steps
  const base: DeploymentConfiguration = {
    bakeTimeInMinutes: 0,
    lifecycleHooks: [
      {
        targetType: 'PAUSE',
        lifecycleStages: ['PRE_PRODUCTION_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT'],
        timeoutConfiguration: {
          timeoutInMinutes: Math.min(LONGEST_PAUSE, Math.ceil(policy.timeout / MINUTE) + 5),
          action: 'ROLLBACK',
        },
      },
    ],
  }
  switch (policy.strategy) {
    case 'rolling':
      return ROLLING
    case 'blue-green':
      return { ...base, strategy: 'BLUE_GREEN' }
    case 'canary':
      return {
        ...base,
        strategy: 'CANARY',
        canaryConfiguration: { canaryPercent: first, canaryBakeTimeInMinutes: 0 },
      }
    case 'linear':
      return {
        ...base,
        strategy: 'LINEAR',
        linearConfiguration: { stepPercent: first, stepBakeTimeInMinutes: 0 },
      }
    default:
      return policy.strategy satisfies never
  }
}

/** The circuit breaker takes back what does not start; ECS has it for this strategy alone. */
export const ROLLING: DeploymentConfiguration = {
  strategy: 'ROLLING',
  maximumPercent: 200,
  minimumHealthyPercent: 100,
  deploymentCircuitBreaker: { enable: true, rollback: true },
}
