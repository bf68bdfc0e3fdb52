import type { Statement } from '../../core/policy.ts'
import { IAM_READ, iamWrite } from './escalation.ts'
import { NETWORK_READ, networkWrite } from './network.ts'
import { arn, ownTags, released, type Scope } from './scope.ts'
import { logGroups } from './services/watch.ts'
import { SERVICES } from './services.ts'

/** Who only looks: what a refresh reads, the states, and the lock beside a state. */
export const planStatements = (scope: Scope): readonly Statement[] => [
  ...refresh(scope),
  ...readStates(scope),
  ...lockStates(scope),
  ...noData(scope),
]

/** Who changes: what a refresh reads, the resources of the environment, its states, and its releases. */
export const applyStatements = (scope: Scope): readonly Statement[] => [
  ...refresh(scope),
  ...readStates(scope),
  ...lockStates(scope),
  ...writeStates(scope),
  ...networkWrite(scope),
  ...Object.values(SERVICES).flatMap(({ write }) => write(scope)),
  ...release(scope),
  ...iamWrite(scope),
]

/**
 * For "operate status --cost". Cost Explorer knows no narrower resource for it
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscostexplorerservice.html).
 */
const billed: readonly Statement[] = [{ actions: ['ce:GetCostAndUsage'], resources: ['*'] }]

function refresh(scope: Scope): readonly Statement[] {
  const { account, prefix } = scope
  const all = Object.values(SERVICES).filter(({ readOf }) => readOf === undefined)
  const some = Object.values(SERVICES).flatMap(({ read, readOf }) =>
    readOf === undefined ? [] : [{ actions: read, resources: readOf(scope) }],
  )
  return [
    { actions: [...NETWORK_READ, ...all.flatMap(({ read }) => read)], resources: ['*'] },
    ...some,
    {
      actions: IAM_READ,
      resources: [
        `arn:aws:iam::${account}:role/${prefix}-*`,
        `arn:aws:iam::${account}:instance-profile/${prefix}-*`,
      ],
    },
  ]
}

/**
 * A state says everything of its stack, so only the environment's own ones. Names are listed of the whole bucket: S3 says
 * "not found" of a state that is not there yet only to who may list, and tells a condition no prefix then.
 */
function readStates({ stateBucket, stateFolder }: Scope): readonly Statement[] {
  return [
    { actions: ['s3:ListBucket'], resources: [`arn:aws:s3:::${stateBucket}`] },
    { actions: ['s3:GetObject'], resources: [`arn:aws:s3:::${stateBucket}/${stateFolder}/*.tfstate`] },
  ]
}

/** The lock is an object beside the state, written only if it is absent: a plan holds it too. */
function lockStates({ stateBucket, stateFolder }: Scope): readonly Statement[] {
  return [
    {
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [`arn:aws:s3:::${stateBucket}/${stateFolder}/*.tflock`],
    },
  ]
}

/** All but the state of what bootstrap has made, which only an administrator changes. */
function writeStates({ stateBucket, stateFolder }: Scope): readonly Statement[] {
  const state = `arn:aws:s3:::${stateBucket}/${stateFolder}`
  return [
    { actions: ['s3:PutObject'], resources: [`${state}/*.tfstate`] },
    {
      effect: 'Deny',
      actions: ['s3:PutObject', 's3:DeleteObject'],
      resources: [`${state}/bootstrap.tfstate*`],
    },
  ]
}

/** Said as well as not given: nothing that is attached to the role one day lets a plan read what users have stored. */
function noData(scope: Scope): readonly Statement[] {
  const { stateBucket, stateFolder } = scope
  return [
    {
      effect: 'Deny',
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      notResources: [
        `arn:aws:s3:::${stateBucket}/${stateFolder}/*.tfstate`,
        `arn:aws:s3:::${stateBucket}/${stateFolder}/*.tflock`,
      ],
      resources: [],
    },
    {
      effect: 'Deny',
      actions: [
        'dynamodb:*Item',
        'dynamodb:GetRecords',
        'dynamodb:PartiQL*',
        'dynamodb:Query',
        'dynamodb:Scan',
        'ec2:GetConsole*',
        'ec2:GetPasswordData',
        'ecr:BatchGetImage',
        'ecr:GetDownloadUrlForLayer',
        'ecs:ExecuteCommand',
        'iam:PassRole',
        'kms:Decrypt',
        'lambda:Invoke*',
        'logs:FilterLogEvents',
        'logs:GetLogEvents',
        'logs:GetLogRecord',
        'logs:GetQueryResults',
        'logs:StartLiveTail',
        'logs:StartQuery',
        'rds-db:connect',
        'rds:DownloadDBLogFilePortion',
        'secretsmanager:BatchGetSecretValue',
        'secretsmanager:GetSecretValue',
        'sqs:ReceiveMessage',
        'ssm:StartSession',
        'sts:AssumeRole',
      ],
      resources: ['*'],
    },
    // Which image a worker runs is no secret, and a refresh reads it.
    { effect: 'Deny', actions: ['ssm:GetParameter*'], notResources: [released(scope)], resources: [] },
  ]
}

/** What build, train, rollout and operate do with what stands: images, tasks, jobs, objects, logs. */
function release(scope: Scope): readonly Statement[] {
  const { prefix } = scope
  return [
    {
      actions: ['ecr:GetAuthorizationToken', 'cloudwatch:GetMetricData', 'batch:ListJobs'],
      resources: ['*'],
    },
    ...billed,
    {
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:DescribeImages',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:ListImages',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      resources: [arn(scope, 'ecr', `repository/${prefix}/*`)],
    },
    {
      // The ledger, models and data of pipelines. An unprotected bucket is emptied before it is removed.
      actions: [
        's3:AbortMultipartUpload',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:GetObject',
        's3:GetObjectVersion',
        's3:ListBucketVersions',
        's3:PutObject',
      ],
      resources: [`arn:aws:s3:::${prefix}-*`],
    },
    {
      actions: [
        'ecs:ContinueServiceDeployment',
        'ecs:List*',
        'ecs:RunTask',
        'ecs:StopServiceDeployment',
        'ecs:StopTask',
      ],
      resources: [
        'service/PREFIX/*',
        'service-deployment/PREFIX/*',
        'service-revision/PREFIX/*',
        'cluster/PREFIX',
        'container-instance/PREFIX/*',
        'task/PREFIX/*',
        'task-definition/PREFIX-*',
      ].map((resource) => arn(scope, 'ecs', resource.replace('PREFIX', prefix))),
    },
    {
      // A task carries our tags from its first moment, by which its killer finds it.
      actions: ['ecs:TagResource'],
      resources: [arn(scope, 'ecs', `task/${prefix}/*`)],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
    },
    {
      actions: ['batch:SubmitJob', 'batch:TerminateJob'],
      resources: ['job/*', `job-queue/${prefix}-*`, `job-definition/${prefix}-*`].map((resource) =>
        arn(scope, 'batch', resource),
      ),
    },
    {
      actions: ['sagemaker:*TrainingJob', 'sagemaker:AddTags'],
      resources: [arn(scope, 'sagemaker', `training-job/${prefix}-*`)],
    },
    {
      actions: ['logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:StartLiveTail'],
      resources: logGroups(scope).flatMap((group) => [group, `${group}:*`]),
    },
    {
      // SageMaker writes the output of all jobs of an account to one group; the streams are named after the jobs.
      actions: ['logs:GetLogEvents'],
      resources: [arn(scope, 'logs', `log-group:/aws/sagemaker/TrainingJobs:log-stream:${prefix}-*`)],
    },
    {
      actions: ['logs:DescribeLogStreams'],
      resources: [arn(scope, 'logs', 'log-group:/aws/sagemaker/TrainingJobs:*')],
    },
    {
      actions: ['ec2:StartInstances', 'ec2:StopInstances', 'ec2:TerminateInstances'],
      resources: [arn(scope, 'ec2', 'instance/*')],
      conditions: ownTags(scope, 'aws:ResourceTag'),
    },
    {
      // Of a machine that no task needs, its group becomes smaller, or it would be replaced.
      actions: ['autoscaling:TerminateInstanceInAutoScalingGroup'],
      resources: [arn(scope, 'autoscaling', `autoScalingGroup:*:autoScalingGroupName/${prefix}-*`)],
    },
    {
      // A new version is called once before it gets any traffic (`functions.NAME.check`).
      actions: ['lambda:InvokeFunction'],
      resources: [arn(scope, 'lambda', `function:${prefix}-*`)],
    },
    ...workers(scope),
    ...machinesOfSteps(scope),
  ]
}

/** Machines that run take the image of a rollout by a command of Systems Manager. */
function workers(scope: Scope): readonly Statement[] {
  return [
    {
      actions: ['ssm:SendCommand'],
      resources: [`arn:aws:ssm:${scope.region}::document/AWS-RunShellScript`],
    },
    {
      actions: ['ssm:SendCommand'],
      resources: [arn(scope, 'ec2', 'instance/*')],
      conditions: ownTags(scope, 'aws:ResourceTag'),
    },
    { actions: ['ssm:ListCommandInvocations', 'ssm:DescribeInstanceInformation'], resources: ['*'] },
    { actions: ['ssm:ListInventoryEntries'], resources: [arn(scope, 'ec2', 'instance/*')] },
  ]
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, RunInstances */
function machinesOfSteps(scope: Scope): readonly Statement[] {
  const ec2 = (...kinds: readonly string[]): string[] => kinds.map((kind) => arn(scope, 'ec2', `${kind}/*`))
  return [
    {
      // A machine carries our tags from its first moment, by which its killer finds it.
      actions: ['ec2:RunInstances'],
      resources: ec2('instance', 'volume'),
      conditions: ownTags(scope, 'aws:RequestTag'),
    },
    {
      actions: ['ec2:RunInstances'],
      resources: ec2('launch-template', 'subnet', 'security-group'),
      conditions: ownTags(scope, 'aws:ResourceTag'),
    },
    {
      actions: ['ec2:RunInstances'],
      resources: [...ec2('network-interface'), `arn:aws:ec2:${scope.region}::image/*`],
    },
    {
      actions: ['ec2:CreateTags'],
      resources: ec2('instance', 'volume'),
      conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    },
    {
      // Images are named by parameters of AWS.
      actions: ['ssm:GetParameters'],
      resources: [`arn:aws:ssm:${scope.region}::parameter/aws/service/*`],
    },
  ]
}
