import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition/index.js'
import { Construct } from 'constructs'
import type { Statement } from '../core/policy.ts'
import { type ContainerProps, containerDefinitions } from './container.ts'
import { taskRoles } from './task-roles.ts'

const MIB = 2 ** 20

export interface FargateTaskProps {
  /** Family of its revisions, and the beginning of its roles' names. */
  readonly name: string
  readonly account: string
  readonly region: string
  /** vCPU; one of the sizes of `fargateProblem`. */
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
  readonly containers: readonly ContainerProps[]
  /** Name of the log group. */
  readonly logs: string
  /** ARNs of the repositories that it pulls from. */
  readonly repositories: readonly string[]
  /** ARNs of the secrets that it is given when it starts. */
  readonly secrets: readonly string[]
  /** What the program itself may do. */
  readonly statements: readonly Statement[]
  /** @default amd64 */
  readonly platform?: 'amd64' | 'arm64'
}

/**
 * A task definition with two roles: one that starts it (pulls its images, reads its secrets, writes its logs), and one that
 * the program has. It is a template: a rollout copies it with the digests of a release, so no image stands in a plan.
 */
export class FargateTask extends Construct {
  readonly arn: string
  readonly family: string
  readonly logGroup: string
  /** Who starts the task must be allowed to pass these. */
  readonly roleArns: readonly string[]

  constructor(scope: Construct, id: string, props: FargateTaskProps) {
    super(scope, id)
    const { name, region, cpu, memory, containers } = props
    const { logs, starter, program } = taskRoles(this, props)
    const definition = new EcsTaskDefinition(this, 'definition', {
      family: name,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: String(cpu * 1024),
      memory: String(memory / MIB),
      runtimePlatform: {
        operatingSystemFamily: 'LINUX',
        cpuArchitecture: props.platform === 'arm64' ? 'ARM64' : 'X86_64',
      },
      executionRoleArn: starter.arn,
      taskRoleArn: program.arn,
      containerDefinitions: containerDefinitions(containers, { group: logs.group, region }),
      // Releases may still run on the revision before.
      skipDestroy: true,
    })
    this.arn = definition.arn
    this.family = name
    this.logGroup = props.logs
    this.roleArns = [starter.arn, program.arn]
  }
}
