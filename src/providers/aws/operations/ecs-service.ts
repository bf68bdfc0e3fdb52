import { usageError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'

/** A service of ECS as daily work sees it. */
export interface EcsService {
  readonly name: string
  readonly region: string
  /** Name, or ARN where a team's own output says so. */
  readonly cluster: string
  readonly service: string
  /** Family of the task definition that no release has touched: its image does not exist. */
  readonly template: string | undefined
  /** Fewest copies. */
  readonly copies: number
  /** Does Application Auto Scaling change the number of copies? Where a team's own output says nothing, it may. */
  readonly scales: boolean
}

/** @throws SluiceError usage where targets.json has no such service of ECS */
export function ecsServiceOf({ services }: Pick<Targets, 'services'>, name: string): EcsService {
  const target = services[name]
  if (target?.kind === 'ecs-service') {
    const { region, cluster, service, template, scale } = target
    return {
      name,
      region,
      cluster,
      service,
      template: typeof template === 'string' ? template : undefined,
      copies: fewest(scale),
      scales: typeof scale !== 'object' || scale === null || 'cpu' in scale,
    }
  }
  throw usageError({
    what:
      target === undefined ? `targets.json has no service ${name}` : `service ${name} is a ${target.kind}`,
    rule: 'a service of an environment on AWS is an ecs-service',
    remedy: 'run "sluice apply" first; with infrastructure of your own, add it to the output "sluice"',
  })
}

/** A cluster is told by its name in the ids of other services of AWS: `production` of an ARN that ends in `cluster/production`. */
export const clusterName = (cluster: string): string => cluster.slice(cluster.lastIndexOf('/') + 1)

function fewest(scale: unknown): number {
  const min = typeof scale === 'object' && scale !== null && 'min' in scale ? scale.min : undefined
  return typeof min === 'number' && Number.isInteger(min) && min >= 0 ? min : 1
}
