import type { Construct } from 'constructs'
import type { Statement } from '../core/policy.ts'
import { Logs } from './container.ts'
import { Role } from './role.ts'

export interface TaskRolesProps {
  /** The beginning of the roles' names. */
  readonly name: string
  readonly account: string
  readonly region: string
  /** Name of the log group. */
  readonly logs: string
  /** ARNs of the repositories that it pulls from. */
  readonly repositories: readonly string[]
  /** ARNs of the secrets that it is given when it starts. */
  readonly secrets: readonly string[]
  /** What the program itself may do. */
  readonly statements: readonly Statement[]
}

/** What every container on ECS and Batch has: its logs, the role that starts it, and the role of its program. */
export function taskRoles(scope: Construct, props: TaskRolesProps) {
  const { name, account, statements } = props
  const service = 'ecs-tasks.amazonaws.com'
  return {
    logs: new Logs(scope, 'logs', { name: props.logs }),
    starter: new Role(scope, 'starter', {
      name: `${name}-starter`,
      service,
      account,
      statements: starterStatements(props),
    }),
    program: new Role(scope, 'program', { name: `${name}-program`, service, account, statements }),
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html, for these resources alone. */
export function starterStatements({
  region,
  account,
  logs,
  repositories,
  secrets,
}: Pick<TaskRolesProps, 'region' | 'account' | 'logs' | 'repositories' | 'secrets'>): Statement[] {
  return [
    // A public image is pulled by nobody in particular.
    ...(repositories.length === 0
      ? []
      : [
          { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
          {
            actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
            resources: repositories,
          },
        ]),
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`arn:aws:logs:${region}:${account}:log-group:${logs}:*`],
    },
    ...(secrets.length === 0 ? [] : [{ actions: ['secretsmanager:GetSecretValue'], resources: secrets }]),
  ]
}
