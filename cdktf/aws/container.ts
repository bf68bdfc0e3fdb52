import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY } from '../core/accept.ts'

/** One container of a task. */
export interface ContainerProps {
  readonly name: string
  /** `repository:tag` or `repository@digest`. */
  readonly image: string
  /** @default the image's own */
  readonly command?: readonly string[]
  /** @default none */
  readonly port?: number
  readonly environment: Readonly<Record<string, string>>
  /** Variable -> ARN of a secret, with `:key::` for one key of it. */
  readonly secrets: Readonly<Record<string, string>>
  /** Milliseconds from SIGTERM to SIGKILL; ECS bears 120 s at most. */
  readonly stopTimeout: number
  /** The task ends with it. */
  readonly essential: boolean
  /** GPUs that it has for itself; on machines of EC2 alone. @default none */
  readonly gpu?: number
}

/** Where the output of containers goes. */
export class Logs extends Construct {
  readonly group: string
  readonly arn: string

  constructor(
    scope: Construct,
    id: string,
    props: { /** `/ecs/filmlens/api`. */ readonly name: string /** @default 30 */; readonly days?: number },
  ) {
    super(scope, id)
    const group = new CloudwatchLogGroup(this, 'group', {
      name: props.name,
      retentionInDays: props.days ?? 30,
    })
    accept(group, {
      CKV_AWS_158: PROVIDER_KEY,
      CKV_AWS_338: 'output of programs, not an audit: who needs it for a year exports it',
    })
    this.group = group.name
    this.arn = group.arn
  }
}

/**
 * The wire form of a task's containers. Names are sorted, because ECS returns them so and every plan compares.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
 */
export function containerDefinitions(
  containers: readonly ContainerProps[],
  logs: { readonly group: string; readonly region: string },
): string {
  return JSON.stringify(
    containers.map(({ name, image, command, port, environment, secrets, stopTimeout, essential, gpu }) => ({
      name,
      image,
      essential,
      ...(command === undefined ? {} : { command }),
      ...(port === undefined
        ? {}
        : {
            portMappings: [
              { name: 'http', containerPort: port, hostPort: port, protocol: 'tcp', appProtocol: 'http' },
            ],
          }),
      environment: sorted(environment).map(([key, value]) => ({ name: key, value })),
      secrets: sorted(secrets).map(([key, valueFrom]) => ({ name: key, valueFrom })),
      ...(gpu === undefined ? {} : { resourceRequirements: [{ type: 'GPU', value: String(gpu) }] }),
      stopTimeout: Math.min(120, Math.max(2, Math.round(stopTimeout / 1000))),
      // The main process is not a shell that reaps: an init does.
      linuxParameters: { initProcessEnabled: true },
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': logs.group,
          'awslogs-region': logs.region,
          'awslogs-stream-prefix': name,
        },
      },
    })),
  )
}

const sorted = (record: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
