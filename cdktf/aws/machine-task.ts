import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition/index.js'
import { Construct } from 'constructs'
import { containerDefinitions } from './container.ts'
import type { FargateTaskProps } from './fargate-task.ts'
import { taskRoles } from './task-roles.ts'

const MIB = 2 ** 20

export interface MachineTaskProps extends FargateTaskProps {
  /** GPUs of the first container. */
  readonly gpu: number
}

/**
 * A task definition for machines of the cluster's own (`TaskMachines`). Its containers are behind their machine's address and
 * firewall, since a task with an interface of its own has no way out of a public subnet there
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking-awsvpc.html); what the machine is, they cannot ask:
 * its metadata answer no container.
 */
export class MachineTask extends Construct {
  readonly family: string

  constructor(scope: Construct, id: string, props: MachineTaskProps) {
    super(scope, id)
    const { name, region, cpu, memory, containers, gpu, platform } = props
    const { logs, starter, program } = taskRoles(this, props)
    const [first, ...others] = containers.map((one, index) =>
      index === 0 && gpu > 0 ? { ...one, gpu } : one,
    )
    new EcsTaskDefinition(this, 'definition', {
      family: name,
      requiresCompatibilities: ['EC2'],
      networkMode: 'bridge',
      cpu: String(cpu * 1024),
      memory: String(Math.floor(memory / MIB)),
      runtimePlatform: {
        operatingSystemFamily: 'LINUX',
        cpuArchitecture: platform === 'arm64' ? 'ARM64' : 'X86_64',
      },
      executionRoleArn: starter.arn,
      taskRoleArn: program.arn,
      containerDefinitions: containerDefinitions(first === undefined ? [] : [first, ...others], {
        group: logs.group,
        region,
      }),
      // A run may still go on the revision before.
      skipDestroy: true,
    })
    this.family = name
  }
}
