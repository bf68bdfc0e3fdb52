import { bug } from '../../../src/domain/error.ts'
import { architectureOf, onMachines, taskMachine } from '../../../src/domain/machines/task-machines.ts'
import type { Step } from '../../../src/domain/system/step.ts'
import type { SystemStack } from '../../core/system-stack.ts'
import { FargateTask, type FargateTaskProps } from '../fargate-task.ts'
import { MachineTask } from '../machine-task.ts'
import { TaskMachines } from '../task-machines.ts'
import { secretResources, valueFrom } from './connect.ts'
import type { MachineStep } from './machine-step.ts'
import { mapValues, platformOf } from './services.ts'
import type { Site } from './site.ts'
import { taskKillerOf } from './task-killer.ts'

/** Bytes: the image, with the drivers' libraries, and what the step puts beside it. */
const DISK = 100 * 2 ** 30

/** A step that is a task of ECS: on Fargate, or on machines that ECS starts for it. */
export function taskStep(site: Site, stack: SystemStack, of: Omit<MachineStep, 'engine'>): void {
  const { region, prefix } = site
  const { id, key, step, firewall, access, common, command } = of
  const { subnetIds, publicAddress } = site.places
  const type = typeOf(key, step)
  // An image for both runs on the machine that the step names.
  const platform = type === undefined ? platformOf(site, step.image) : architectureOf(type)
  const props: FargateTaskProps = {
    ...common,
    ...step.size,
    containers: [
      {
        name: 'step',
        image: site.templateImage(step.image),
        essential: true,
        environment: access.environment,
        secrets: mapValues(access.secrets, valueFrom),
        stopTimeout: 30_000,
        ...command,
      },
    ],
    secrets: secretResources(access.secrets),
    platform,
  }
  const target = { kind: 'ecs-task', region, cluster: prefix, killer: taskKillerOf(site) } as const
  if (type === undefined) {
    const { family } = new FargateTask(stack, id, props)
    const network = { subnets: subnetIds, securityGroups: [firewall.id], publicAddress }
    stack.target('jobs', key, { ...target, family, ...network })
    return
  }
  const { family } = new MachineTask(stack, id, { ...props, gpu: step.gpu })
  const { provider } = new TaskMachines(stack, `${id}-machines`, {
    name: common.name,
    account: common.account,
    region,
    cluster: prefix,
    machine: type,
    gpu: step.gpu,
    platform,
    disk: DISK,
    timeout: step.timeout,
    tags: {
      'sluice:system': site.system.name,
      'sluice:environment': site.system.environment.name,
      'sluice:step': key,
    },
    subnetIds,
    firewall,
    publicAddress,
  })
  site.capacity.push(provider)
  stack.target('jobs', key, { ...target, family, machines: { provider, type, timeout: step.timeout } })
}

function typeOf(key: string, step: Step): string | undefined {
  if (!onMachines(step)) return undefined
  const type = taskMachine(step)
  if (type === undefined)
    throw bug(`no machine of ECS fits step ${key}, and the check of sluice.yml let it pass`)
  return type
}
