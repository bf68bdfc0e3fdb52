import { BatchJobDefinition } from '@cdktf/provider-aws/lib/batch-job-definition/index.js'
import { Construct } from 'constructs'
import type { Statement } from '../core/policy.ts'
import { taskRoles } from './task-roles.ts'

const MIB = 2 ** 20

export interface BatchJobProps {
  readonly name: string
  readonly account: string
  readonly region: string
  readonly image: string
  readonly command?: readonly string[]
  /** vCPU of one machine's container. */
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
  readonly gpu: number
  /** Machines that work together; more than one is a multi-node job. */
  readonly nodes: number
  /** Milliseconds of one attempt. */
  readonly timeout: number
  /** Further attempts when a machine was taken away. */
  readonly retries: number
  readonly environment: Readonly<Record<string, string>>
  /** Variable -> ARN of a secret. */
  readonly secrets: Readonly<Record<string, string>>
  readonly repositories: readonly string[]
  readonly statements: readonly Statement[]
  readonly logs: string
}

/** A job definition of AWS Batch, on one machine or on several. It is a template: a run names its image. */
export class BatchJob extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, props: BatchJobProps) {
    super(scope, id)
    const { name, nodes } = props
    const { logs, starter, program } = taskRoles(this, {
      ...props,
      secrets: Object.values(props.secrets).map((arn) => arn.replace(/:[^:]*::$/, '')),
    })
    const container = containerOf(props, { starter: starter.arn, program: program.arn, group: logs.group })
    new BatchJobDefinition(this, 'definition', {
      name,
      ...(nodes === 1
        ? { type: 'container', containerProperties: JSON.stringify(container) }
        : {
            type: 'multinode',
            nodeProperties: JSON.stringify({
              mainNode: 0,
              numNodes: nodes,
              nodeRangeProperties: [{ targetNodes: '0:', container }],
            }),
          }),
      platformCapabilities: ['EC2'],
      propagateTags: true,
      timeout: { attemptDurationSeconds: Math.max(60, Math.round(props.timeout / 1000)) },
      retryStrategy: {
        attempts: Math.min(10, props.retries + 1),
        // A machine that was taken away says so; a program that failed is not tried again by Batch.
        evaluateOnExit: [
          { onStatusReason: 'Host EC2*', action: 'RETRY' },
          { onReason: '*', action: 'EXIT' },
        ],
      },
    })
    this.name = name
  }
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html */
function containerOf(
  props: BatchJobProps,
  { starter, program, group }: { starter: string; program: string; group: string },
): object {
  const { image, command, cpu, memory, gpu, environment, secrets, region } = props
  return {
    image,
    ...(command === undefined ? {} : { command }),
    resourceRequirements: [
      { type: 'VCPU', value: String(cpu) },
      { type: 'MEMORY', value: String(Math.floor(memory / MIB)) },
      ...(gpu > 0 ? [{ type: 'GPU', value: String(gpu) }] : []),
    ],
    executionRoleArn: starter,
    jobRoleArn: program,
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': group, 'awslogs-region': region, 'awslogs-stream-prefix': 'job' },
    },
  }
}
