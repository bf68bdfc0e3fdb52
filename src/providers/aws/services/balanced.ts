import type { ServiceRevision } from '@aws-sdk/client-ecs'

/** What the load balancer counts the requests of one revision under: dimensions of its metrics. */
export interface Balanced {
  /** `app/name/id`. */
  readonly loadBalancer: string
  /** `targetgroup/name/id`. */
  readonly targetGroup: string
}

/**
 * Where a revision gets its requests; undefined where no application load balancer leads to it.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRevisionLoadBalancer.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export function balancedAt({
  resolvedConfiguration,
}: Pick<ServiceRevision, 'resolvedConfiguration'>): Balanced | undefined {
  for (const { targetGroupArn = '', productionListenerRule = '' } of resolvedConfiguration?.loadBalancers ??
    []) {
    const targetGroup = /:(targetgroup\/[^/]+\/[^/]+)$/.exec(targetGroupArn)?.[1]
    const loadBalancer = /:listener(?:-rule)?\/(app\/[^/]+\/[^/]+)\//.exec(productionListenerRule)?.[1]
    if (targetGroup !== undefined && loadBalancer !== undefined) return { loadBalancer, targetGroup }
  }
  return undefined
}
