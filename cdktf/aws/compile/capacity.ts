import { EcsClusterCapacityProviders } from '@cdktf/provider-aws/lib/ecs-cluster-capacity-providers/index.js'
import type { Site } from './site.ts'

/** A cluster has one list of what starts machines for it, so it is written once, when all are known. */
export function capacity(site: Site): void {
  new EcsClusterCapacityProviders(site.stack('compute'), 'capacity', {
    clusterName: site.prefix,
    capacityProviders: site.capacity,
  })
}
