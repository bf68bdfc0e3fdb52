import { arn, type Scope } from '../scope.ts'
import type { Permissions } from './row.ts'

/** What tells how it goes. */
export const WATCH = {
  cloudwatch: {
    types: ['aws_cloudwatch_metric_alarm', 'aws_cloudwatch_dashboard'],
    read: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetDashboard', 'cloudwatch:ListTagsForResource'],
    write: (scope) => [
      {
        actions: [
          'cloudwatch:DeleteAlarms',
          'cloudwatch:DeleteDashboards',
          'cloudwatch:PutDashboard',
          'cloudwatch:PutMetricAlarm',
          'cloudwatch:TagResource',
          'cloudwatch:UntagResource',
        ],
        resources: [
          arn(scope, 'cloudwatch', `alarm:${scope.prefix}-*`),
          `arn:aws:cloudwatch::${scope.account}:dashboard/${scope.prefix}*`,
        ],
      },
    ],
  },
  logs: {
    types: ['aws_cloudwatch_log_group'],
    read: ['logs:DescribeLogGroups', 'logs:ListTagsForResource', 'logs:ListTagsLogGroup'],
    write: (scope) => [
      {
        actions: [
          'logs:CreateLogGroup',
          'logs:DeleteLogGroup',
          'logs:DeleteRetentionPolicy',
          'logs:PutRetentionPolicy',
          'logs:TagResource',
          'logs:UntagResource',
        ],
        resources: logGroups(scope),
      },
      {
        // An API says where it logs by a delivery, which has no name of ours.
        actions: [
          'logs:CreateLogDelivery',
          'logs:DeleteLogDelivery',
          'logs:GetLogDelivery',
          'logs:ListLogDeliveries',
          'logs:UpdateLogDelivery',
        ],
        resources: ['*'],
      },
    ],
  },
} satisfies Permissions

/** Log groups are named for people: `/ecs/films/api`. */
export function logGroups(scope: Scope): string[] {
  const { system, prefix } = scope
  const names = [`/ecs/${system}/*`, `/pipelines/${system}/*`, `/workers/${system}/*`]
  return [...names, `/apis/${prefix}-*`, `/aws/lambda/${prefix}-*`].map((name) =>
    arn(scope, 'logs', `log-group:${name}`),
  )
}
