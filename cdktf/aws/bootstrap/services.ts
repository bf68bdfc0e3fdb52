import type { Statement } from '../../core/policy.ts'
import { arn, ownTags, released, type Scope } from './scope.ts'

/** A service of AWS that our stacks have resources of. */
export interface ServicePermissions {
  /** The Terraform types whose refresh and change this row covers, by how they begin. */
  readonly types: readonly string[]
  /** What a refresh calls. All of it describes; none returns what users have stored. */
  readonly read: readonly string[]
  /**
   * What it may be read of; describing mostly takes no resource.
   * @default everything
   */
  readonly readOf?: (scope: Scope) => readonly string[]
  /** What makes, changes and removes those resources, on as little as AWS can be told. */
  readonly write: (scope: Scope) => readonly Statement[]
}

const named =
  (service: string, actions: readonly string[], ...resources: readonly string[]) =>
  (scope: Scope): readonly Statement[] => [
    {
      actions,
      resources: resources.map((name) => arn(scope, service, name.replace('PREFIX', scope.prefix))),
    },
  ]

/** Where ids are AWS's own, a resource is ours by its tags: made with them, changed only if it has them. */
const tagged =
  (makes: readonly string[], changes: readonly string[]) =>
  (scope: Scope): readonly Statement[] => [
    { actions: makes, resources: ['*'], conditions: ownTags(scope, 'aws:RequestTag') },
    { actions: changes, resources: ['*'], conditions: ownTags(scope, 'aws:ResourceTag') },
  ]

/** Load balancers have names of at most 32 characters, and a longer one ends with a hash. */
const short = (prefix: string): string => prefix.slice(0, 24)

/** IAM itself is not here: see escalation.ts. EC2 is in network.ts. */
export const SERVICES: Readonly<Record<string, ServicePermissions>> = {
  s3: {
    types: ['aws_s3_'],
    // HeadBucket is s3:ListBucket: names of objects, never their content.
    read: [
      's3:GetBucket*',
      's3:GetAccelerateConfiguration',
      's3:GetEncryptionConfiguration',
      's3:GetLifecycleConfiguration',
      's3:GetReplicationConfiguration',
      's3:ListBucket',
      's3:ListTagsForResource',
    ],
    readOf: ({ prefix }) => [`arn:aws:s3:::${prefix}-*`],
    write: ({ prefix }) => [
      {
        actions: [
          's3:CreateBucket',
          's3:DeleteBucket',
          's3:DeleteBucketPolicy',
          's3:PutBucket*',
          's3:PutEncryptionConfiguration',
          's3:PutLifecycleConfiguration',
          's3:TagResource',
          's3:UntagResource',
        ],
        resources: [`arn:aws:s3:::${prefix}-*`],
      },
    ],
  },
  dynamodb: {
    types: ['aws_dynamodb_'],
    read: [
      'dynamodb:DescribeContinuousBackups',
      'dynamodb:DescribeTable',
      'dynamodb:DescribeTimeToLive',
      'dynamodb:ListTagsOfResource',
    ],
    write: named(
      'dynamodb',
      [
        'dynamodb:CreateTable',
        'dynamodb:DeleteTable',
        'dynamodb:TagResource',
        'dynamodb:UntagResource',
        'dynamodb:UpdateContinuousBackups',
        'dynamodb:UpdateTable',
        'dynamodb:UpdateTimeToLive',
      ],
      'table/PREFIX-*',
    ),
  },
  rds: {
    types: ['aws_db_'],
    read: ['rds:Describe*', 'rds:ListTagsForResource'],
    write: (scope) => [
      ...named(
        'rds',
        [
          'rds:AddTagsToResource',
          'rds:CreateDB*',
          'rds:DeleteDB*',
          'rds:ModifyDB*',
          'rds:RebootDBInstance',
          'rds:RemoveTagsFromResource',
          'rds:ResetDBParameterGroup',
          'rds:StartDBInstance',
          'rds:StopDBInstance',
        ],
        'db:PREFIX-*',
        'subgrp:PREFIX-*',
        'pg:PREFIX-*',
        'snapshot:PREFIX-*',
      )(scope),
      // RDS keeps the password of the database in a secret of its own, made in the name of who makes the database.
      {
        actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource', 'secretsmanager:RotateSecret'],
        resources: [arn(scope, 'secretsmanager', 'secret:rds!db-*')],
      },
      { actions: ['kms:DescribeKey'], resources: [arn(scope, 'kms', 'key/*')] },
    ],
  },
  secretsmanager: {
    types: ['aws_secretsmanager_'],
    read: ['secretsmanager:DescribeSecret', 'secretsmanager:GetResourcePolicy'],
    write: named(
      'secretsmanager',
      ['secretsmanager:CancelRotateSecret', 'secretsmanager:RotateSecret'],
      'secret:rds!db-*',
    ),
  },
  ssm: {
    types: ['aws_ssm_parameter'],
    read: ['ssm:DescribeParameters', 'ssm:GetParameter', 'ssm:GetParameters', 'ssm:ListTagsForResource'],
    write: (scope) => [
      {
        actions: [
          'ssm:AddTagsToResource',
          'ssm:DeleteParameter',
          'ssm:PutParameter',
          'ssm:RemoveTagsFromResource',
        ],
        resources: [released(scope)],
      },
    ],
  },
  elasticache: {
    types: ['aws_elasticache_'],
    read: ['elasticache:Describe*', 'elasticache:ListTagsForResource'],
    write: named(
      'elasticache',
      [
        'elasticache:AddTagsToResource',
        'elasticache:CreateCacheSubnetGroup',
        'elasticache:CreateReplicationGroup',
        'elasticache:DecreaseReplicaCount',
        'elasticache:DeleteCacheSubnetGroup',
        'elasticache:DeleteReplicationGroup',
        'elasticache:IncreaseReplicaCount',
        'elasticache:ModifyCacheSubnetGroup',
        'elasticache:ModifyReplicationGroup*',
        'elasticache:RemoveTagsFromResource',
      ],
      'replicationgroup:PREFIX-*',
      'cluster:PREFIX-*',
      'subnetgroup:PREFIX-*',
      // Whose defaults a new group starts from.
      'parametergroup:default.*',
    ),
  },
  lambda: {
    types: ['aws_lambda_'],
    read: [
      'lambda:GetAlias',
      'lambda:GetEventSourceMapping',
      'lambda:GetFunction',
      'lambda:GetFunctionCodeSigningConfig',
      'lambda:GetFunctionConcurrency',
      'lambda:GetFunctionConfiguration',
      'lambda:GetPolicy',
      'lambda:ListTags',
      'lambda:ListVersionsByFunction',
    ],
    write: (scope) => [
      ...named(
        'lambda',
        [
          'lambda:AddPermission',
          'lambda:CreateAlias',
          'lambda:CreateFunction',
          'lambda:DeleteAlias',
          'lambda:DeleteFunction',
          'lambda:DeleteFunctionConcurrency',
          'lambda:PublishVersion',
          'lambda:PutFunctionConcurrency',
          'lambda:RemovePermission',
          'lambda:TagResource',
          'lambda:UntagResource',
          'lambda:UpdateAlias',
          'lambda:UpdateFunctionCode',
          'lambda:UpdateFunctionConfiguration',
        ],
        'function:PREFIX-*',
      )(scope),
      {
        actions: [
          'lambda:CreateEventSourceMapping',
          'lambda:DeleteEventSourceMapping',
          'lambda:UpdateEventSourceMapping',
        ],
        resources: ['*'],
        // A mapping has an id of AWS's own, and is whose function it calls.
        conditions: { ArnLike: { 'lambda:FunctionArn': arn(scope, 'lambda', `function:${scope.prefix}-*`) } },
      },
    ],
  },
  apigateway: {
    types: ['aws_apigatewayv2_'],
    read: ['apigateway:GET'],
    // Its ids are AWS's own and its tags no condition of every call: the region is as narrow as it goes.
    write: ({ region }) => [
      {
        actions: ['apigateway:DELETE', 'apigateway:PATCH', 'apigateway:POST', 'apigateway:PUT'],
        resources: ['apis', 'apis/*', 'domainnames', 'domainnames/*', 'tags/*'].map(
          (path) => `arn:aws:apigateway:${region}::/${path}`,
        ),
      },
    ],
  },
  'application-autoscaling': {
    types: ['aws_appautoscaling_'],
    read: ['application-autoscaling:Describe*', 'application-autoscaling:ListTagsForResource'],
    write: () => [
      {
        actions: [
          'application-autoscaling:DeleteScalingPolicy',
          'application-autoscaling:DeregisterScalableTarget',
          'application-autoscaling:PutScalingPolicy',
          'application-autoscaling:RegisterScalableTarget',
          'application-autoscaling:TagResource',
          'application-autoscaling:UntagResource',
        ],
        resources: ['*'],
        conditions: { StringEqualsIfExists: { 'application-autoscaling:service-namespace': 'ecs' } },
      },
    ],
  },
  batch: {
    types: ['aws_batch_'],
    read: ['batch:Describe*', 'batch:ListTagsForResource'],
    write: named(
      'batch',
      [
        'batch:CreateComputeEnvironment',
        'batch:CreateJobQueue',
        'batch:DeleteComputeEnvironment',
        'batch:DeleteJobQueue',
        'batch:DeregisterJobDefinition',
        'batch:RegisterJobDefinition',
        'batch:TagResource',
        'batch:UntagResource',
        'batch:UpdateComputeEnvironment',
        'batch:UpdateJobQueue',
      ],
      'compute-environment/PREFIX-*',
      'job-queue/PREFIX-*',
      'job-definition/PREFIX-*',
    ),
  },
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
  ecr: {
    types: ['aws_ecr_'],
    read: ['ecr:DescribeRepositories', 'ecr:GetLifecyclePolicy', 'ecr:ListTagsForResource'],
    write: named(
      'ecr',
      [
        'ecr:CreateRepository',
        'ecr:DeleteLifecyclePolicy',
        'ecr:DeleteRepository',
        'ecr:PutImageScanningConfiguration',
        'ecr:PutImageTagMutability',
        'ecr:PutLifecyclePolicy',
        'ecr:TagResource',
        'ecr:UntagResource',
      ],
      'repository/PREFIX/*',
    ),
  },
  ecs: {
    types: ['aws_ecs_'],
    read: ['ecs:Describe*', 'ecs:ListTagsForResource'],
    write: (scope) => [
      ...named(
        'ecs',
        [
          'ecs:CreateCluster',
          'ecs:CreateService',
          'ecs:DeleteCluster',
          'ecs:DeleteService',
          'ecs:PutClusterCapacityProviders',
          'ecs:RegisterTaskDefinition',
          'ecs:TagResource',
          'ecs:UntagResource',
          'ecs:UpdateCluster*',
          'ecs:UpdateService',
        ],
        'cluster/PREFIX',
        'service/PREFIX/*',
        'task-definition/PREFIX-*',
      )(scope),
      // AWS knows no resource for it. It stops no task.
      { actions: ['ecs:DeregisterTaskDefinition'], resources: ['*'] },
    ],
  },
  elasticloadbalancing: {
    types: ['aws_lb'],
    read: ['elasticloadbalancing:Describe*'],
    write: (scope) => [
      {
        actions: [
          'elasticloadbalancing:AddTags',
          'elasticloadbalancing:Create*',
          'elasticloadbalancing:Delete*',
          'elasticloadbalancing:Modify*',
          'elasticloadbalancing:RemoveTags',
          'elasticloadbalancing:Set*',
        ],
        resources: [
          `loadbalancer/app/${short(scope.prefix)}*`,
          `listener/app/${short(scope.prefix)}*`,
          `listener-rule/app/${short(scope.prefix)}*`,
          `targetgroup/${short(scope.prefix)}*`,
        ].map((resource) => arn(scope, 'elasticloadbalancing', resource)),
      },
    ],
  },
  acm: {
    types: ['aws_acm_'],
    read: ['acm:DescribeCertificate', 'acm:ListTagsForCertificate'],
    write: tagged(
      ['acm:RequestCertificate'],
      ['acm:AddTagsToCertificate', 'acm:DeleteCertificate', 'acm:RemoveTagsFromCertificate'],
    ),
  },
  route53: {
    types: ['aws_route53_'],
    read: ['route53:GetChange', 'route53:GetHostedZone', 'route53:List*'],
    // The zone belongs to the team, and has an id of AWS's own.
    write: () => [
      { actions: ['route53:ChangeResourceRecordSets'], resources: ['arn:aws:route53:::hostedzone/*'] },
    ],
  },
  scheduler: {
    types: ['aws_scheduler_'],
    read: ['scheduler:GetSchedule', 'scheduler:ListTagsForResource'],
    write: named(
      'scheduler',
      ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:UpdateSchedule'],
      'schedule/*/PREFIX-*',
    ),
  },
  states: {
    types: ['aws_sfn_'],
    read: [
      'states:DescribeStateMachine',
      'states:ListStateMachineVersions',
      'states:ListTagsForResource',
      'states:ValidateStateMachineDefinition',
    ],
    write: named(
      'states',
      [
        'states:CreateStateMachine',
        'states:DeleteStateMachine',
        'states:TagResource',
        'states:UntagResource',
        'states:UpdateStateMachine',
      ],
      'stateMachine:PREFIX-*',
    ),
  },
  servicediscovery: {
    types: ['aws_service_discovery_'],
    read: [
      'servicediscovery:GetNamespace',
      'servicediscovery:GetOperation',
      'servicediscovery:ListTagsForResource',
    ],
    write: tagged(
      ['servicediscovery:CreateHttpNamespace'],
      ['servicediscovery:DeleteNamespace', 'servicediscovery:TagResource', 'servicediscovery:UntagResource'],
    ),
  },
  sns: {
    types: ['aws_sns_'],
    read: ['sns:GetSubscriptionAttributes', 'sns:GetTopicAttributes', 'sns:ListTagsForResource'],
    write: named(
      'sns',
      [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:SetSubscriptionAttributes',
        'sns:SetTopicAttributes',
        'sns:Subscribe',
        'sns:TagResource',
        'sns:Unsubscribe',
        'sns:UntagResource',
      ],
      'PREFIX-*',
    ),
  },
  sqs: {
    types: ['aws_sqs_'],
    read: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ListQueueTags'],
    write: named(
      'sqs',
      ['sqs:CreateQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes', 'sqs:TagQueue', 'sqs:UntagQueue'],
      'PREFIX-*',
    ),
  },
}

/** Log groups are named for people: `/ecs/films/api`. */
export function logGroups(scope: Scope): string[] {
  const { system, prefix } = scope
  const names = [`/ecs/${system}/*`, `/pipelines/${system}/*`, `/workers/${system}/*`]
  return [...names, `/apis/${prefix}-*`, `/aws/lambda/${prefix}-*`].map((name) =>
    arn(scope, 'logs', `log-group:${name}`),
  )
}
