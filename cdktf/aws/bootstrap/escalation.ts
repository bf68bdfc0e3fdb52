import { AWS_BOOTSTRAP_PATH, awsBoundaryArn } from '../../../src/domain/trust/aws.ts'
import type { Statement } from '../../core/policy.ts'
import { arn, ownTags, type Scope } from './scope.ts'

/** The Terraform types of IAM in our stacks. */
export const IAM_TYPES: readonly string[] = [
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_iam_instance_profile',
]

export const IAM_READ: readonly string[] = [
  'iam:GetInstanceProfile',
  'iam:GetRole',
  'iam:GetRolePolicy',
  'iam:ListAttachedRolePolicies',
  'iam:ListInstanceProfilesForRole',
  'iam:ListRolePolicies',
]

const roles = ({ account, prefix }: Scope): string => `arn:aws:iam::${account}:role/${prefix}-*`

/**
 * Roles of the system can be made, and made use of, without a way to more than one has: each is made with the boundary, its
 * policy can only be written while it has it, and nobody takes the boundary off or changes it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
 */
export function iamWrite(scope: Scope): readonly Statement[] {
  const { account, prefix } = scope
  const bounded = { StringEquals: { 'iam:PermissionsBoundary': awsBoundaryArn(account, prefix) } }
  return [
    {
      actions: [
        'iam:CreateRole',
        'iam:DeleteRolePolicy',
        'iam:PutRolePermissionsBoundary',
        'iam:PutRolePolicy',
      ],
      resources: [roles(scope)],
      conditions: bounded,
    },
    {
      actions: [
        'iam:DeleteRole',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole*',
      ],
      resources: [roles(scope)],
    },
    {
      actions: [
        'iam:AddRoleToInstanceProfile',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:RemoveRoleFromInstanceProfile',
        'iam:TagInstanceProfile',
        'iam:UntagInstanceProfile',
      ],
      resources: [`arn:aws:iam::${account}:instance-profile/${prefix}-*`],
    },
    {
      // To services that run what the stacks hold, and only roles of the system.
      actions: ['iam:PassRole'],
      resources: [roles(scope)],
      conditions: { StringEquals: { 'iam:PassedToService': PASSED_TO } },
    },
    {
      // AWS makes these for itself at a service's first use; their permissions are AWS's own.
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [`arn:aws:iam::${account}:role/aws-service-role/*`],
      conditions: { StringEquals: { 'iam:AWSServiceName': LINKED } },
    },
    ...untouchable(scope),
  ]
}

/** What an administrator has made stays, whatever else is allowed one day. */
function untouchable({ account, prefix }: Scope): readonly Statement[] {
  return [
    {
      effect: 'Deny',
      actions: [
        'iam:DeleteRolePermissionsBoundary',
        'iam:AttachRolePolicy',
        'iam:CreateUser',
        'iam:CreateAccessKey',
      ],
      resources: ['*'],
    },
    {
      effect: 'Deny',
      actions: [
        'iam:Add*',
        'iam:Attach*',
        'iam:Create*',
        'iam:Delete*',
        'iam:Detach*',
        'iam:PassRole',
        'iam:Put*',
        'iam:Remove*',
        'iam:Set*',
        'iam:Tag*',
        'iam:Untag*',
        'iam:Update*',
      ],
      resources: [
        `arn:aws:iam::${account}:role${AWS_BOOTSTRAP_PATH}*`,
        `arn:aws:iam::${account}:policy${AWS_BOOTSTRAP_PATH}*`,
        `arn:aws:iam::${account}:oidc-provider/*`,
      ],
    },
    { effect: 'Deny', actions: ['sts:AssumeRole'], resources: [`arn:aws:iam::${account}:role/${prefix}-*`] },
  ]
}

const PASSED_TO: readonly string[] = [
  'batch.amazonaws.com',
  'ec2.amazonaws.com',
  'ecs-tasks.amazonaws.com',
  'ecs.amazonaws.com',
  'lambda.amazonaws.com',
  'sagemaker.amazonaws.com',
  'scheduler.amazonaws.com',
  'states.amazonaws.com',
  'vpc-flow-logs.amazonaws.com',
]

const LINKED: readonly string[] = [
  'autoscaling.amazonaws.com',
  'batch.amazonaws.com',
  'ecs.amazonaws.com',
  'ecs.application-autoscaling.amazonaws.com',
  'elasticache.amazonaws.com',
  'elasticloadbalancing.amazonaws.com',
  'ops.apigateway.amazonaws.com',
  'rds.amazonaws.com',
  'spot.amazonaws.com',
]

/**
 * The most that a role of the system may do, whatever its policy says: to work with data, to log, to be looked after. It
 * gives nothing by itself. It can neither make nor change a role, nor reach the states.
 */
export function boundary(scope: Scope): readonly Statement[] {
  return [
    { actions: WORK, resources: ['*'] },
    {
      // Only tags that come with the making: no machine of somebody else becomes ours by a tag, and takes our commands.
      actions: ['ec2:CreateTags'],
      resources: ['*'],
      conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    },
    {
      // Killers end machines of this environment, by their tags, and no others.
      actions: ['ec2:TerminateInstances'],
      resources: [arn(scope, 'ec2', 'instance/*')],
      conditions: ownTags(scope, 'aws:ResourceTag'),
    },
    {
      // A machine that no task needs leaves its group smaller.
      actions: ['autoscaling:TerminateInstanceInAutoScalingGroup'],
      resources: [arn(scope, 'autoscaling', `autoScalingGroup:*:autoScalingGroupName/${scope.prefix}-*`)],
    },
    {
      // A service that starts machines hands them their role.
      actions: ['iam:PassRole'],
      resources: [roles(scope)],
      conditions: { StringEquals: { 'iam:PassedToService': PASSED_TO } },
    },
    {
      effect: 'Deny',
      actions: ['s3:*'],
      resources: [`arn:aws:s3:::${scope.stateBucket}`, `arn:aws:s3:::${scope.stateBucket}/*`],
    },
    // Launching beyond this region is how stolen credentials earn money.
    {
      effect: 'Deny',
      actions: ['ec2:RunInstances', 'batch:SubmitJob', 'sagemaker:Create*'],
      resources: ['*'],
      conditions: { StringNotEquals: { 'aws:RequestedRegion': scope.region } },
    },
  ]
}

const WORK: readonly string[] = [
  'batch:DescribeJobs',
  'batch:SubmitJob',
  'batch:TerminateJob',
  'cloudwatch:PutMetricData',
  'dynamodb:*Item',
  'dynamodb:DescribeTable',
  'dynamodb:Query',
  'dynamodb:Scan',
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface*',
  'ec2:DeleteNetworkInterface*',
  'ec2:Describe*',
  'ec2:RunInstances',
  'ec2:UnassignPrivateIpAddresses',
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:GetAuthorizationToken',
  'ecr:GetDownloadUrlForLayer',
  'ecs:DeregisterContainerInstance',
  'ecs:DescribeTasks',
  'ecs:DiscoverPollEndpoint',
  'ecs:ListTasks',
  'ecs:Poll',
  'ecs:RegisterContainerInstance',
  'ecs:StartTelemetrySession',
  'ecs:StopTask',
  'ecs:Submit*',
  'elasticloadbalancing:DeregisterTargets',
  'elasticloadbalancing:Describe*',
  'elasticloadbalancing:ModifyRule',
  'elasticloadbalancing:RegisterTargets',
  'kms:Decrypt',
  'lambda:InvokeFunction',
  'logs:Create*',
  'logs:Describe*',
  'logs:PutLogEvents',
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:GetBucketLocation',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:ListBucket',
  's3:PutObject',
  'sagemaker:*TrainingJob*',
  'secretsmanager:GetSecretValue',
  'sns:Publish',
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
  'ssm:GetParameter',
  'ssm:GetParameters',
  'ssm:PutInventory',
  'ssm:UpdateInstanceInformation',
  'ssmmessages:*',
  'states:StartExecution',
]
