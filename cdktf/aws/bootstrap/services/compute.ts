import { arn, released } from '../scope.ts'
import { named, type Permissions } from './row.ts'

/** What runs, and the images that it runs. */
export const COMPUTE = {
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
          'ecs:CreateCapacityProvider',
          'ecs:CreateCluster',
          'ecs:CreateService',
          'ecs:DeleteCapacityProvider',
          'ecs:DeleteCluster',
          'ecs:DeleteService',
          'ecs:PutClusterCapacityProviders',
          'ecs:RegisterTaskDefinition',
          'ecs:TagResource',
          'ecs:UntagResource',
          'ecs:UpdateCapacityProvider',
          'ecs:UpdateCluster*',
          'ecs:UpdateService',
        ],
        'capacity-provider/PREFIX-*',
        'cluster/PREFIX',
        'service/PREFIX/*',
        'task-definition/PREFIX-*',
      )(scope),
      // AWS knows no resource for it. It stops no task.
      { actions: ['ecs:DeregisterTaskDefinition'], resources: ['*'] },
    ],
  },
  autoscaling: {
    types: ['aws_autoscaling_'],
    read: ['autoscaling:Describe*'],
    write: named(
      'autoscaling',
      [
        'autoscaling:CreateAutoScalingGroup',
        'autoscaling:CreateOrUpdateTags',
        'autoscaling:DeleteAutoScalingGroup',
        'autoscaling:DeleteTags',
        'autoscaling:SetInstanceProtection',
        'autoscaling:UpdateAutoScalingGroup',
      ],
      'autoScalingGroup:*:autoScalingGroupName/PREFIX-*',
    ),
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
} satisfies Permissions
