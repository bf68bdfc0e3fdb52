import { ComputeSubnetworkIamMember } from '@cdktf/provider-google/lib/compute-subnetwork-iam-member/index.js'
import type { SystemStack } from '../../core/system-stack.ts'
import { accessOf, type Permitted, permit } from './permit.ts'
import type { Site, Startable } from './site.ts'

/**
 * Lets a service start, find and delete the machines of one worker: those whose names begin with the worker's, made of its
 * template, running as its account, in the environment's subnet.
 */
export function startWorker(
  site: Site,
  stack: SystemStack,
  consumer: Permitted,
  name: string,
  worker: Startable,
): void {
  const { project, location } = site
  const full = site.name('workers', name)
  const own = (part: string): string => `resource.name.extract("/${part}/{name}").startsWith("${full}-")`
  permit(stack, consumer, `starts-${name}`, {
    on: 'project',
    project,
    role: 'roles/compute.instanceAdmin.v1',
    only: {
      title: `machines of ${full}`.slice(0, 100),
      expression: ['instances', 'disks', 'instanceTemplates'].map(own).join(' || '),
    },
  })
  permit(stack, consumer, `starts-as-${name}`, { on: 'account', account: worker.account.name })
  new ComputeSubnetworkIamMember(accessOf(stack, consumer.name), `starts-in-subnet-${name}`, {
    subnetwork: site.network.subnetId,
    region: location,
    role: 'roles/compute.networkUser',
    member: consumer.account.member,
  })
}
