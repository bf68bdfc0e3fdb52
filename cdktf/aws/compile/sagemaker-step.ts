import type { Step } from '../../../src/domain/system/step.ts'
import type { Statement } from '../../core/policy.ts'
import type { SystemStack } from '../../core/system-stack.ts'
import { Role } from '../role.ts'
import { readBucket, secretNames, secretResources, writeBucket } from './connect.ts'
import type { MachineStep } from './machine-step.ts'
import type { Site } from './site.ts'

const GIB = 2 ** 30

/**
 * A step as training jobs of SageMaker. AWS keeps no template of one, so targets.json has all that CreateTrainingJob asks for
 * beside the image and the variables of a run.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */
export function sagemakerStep(site: Site, stack: SystemStack, of: MachineStep): void {
  const { region, account } = site
  const { id, key, step, access, common, firewall } = of
  const secrets = secretResources(access.secrets)
  const isInside = step.connects.some(
    (name) => Object.hasOwn(site.system.databases, name) || Object.hasOwn(site.system.caches, name),
  )
  const { output, statements } = outputOf(site, key)
  const role = new Role(stack, id, {
    name: common.name,
    service: 'sagemaker.amazonaws.com',
    account,
    statements: [
      ...common.statements,
      ...statements,
      ...runStatements(site, common.repositories),
      ...(secrets.length === 0 ? [] : [{ actions: ['secretsmanager:GetSecretValue'], resources: secrets }]),
      ...(isInside ? [NETWORK] : []),
    ],
  })
  stack.target('jobs', key, {
    kind: 'sagemaker-training',
    region,
    role: role.arn,
    machine: machineOf(step),
    machines: step.nodes,
    disk: 100,
    spot: step.spot,
    output,
    // Like a function's: SageMaker hands over no secrets.
    environment: { ...access.environment, ...secretNames(access.secrets) },
    // A job in the network has no way out but through NAT, so only those that need to are in it.
    subnets: isInside ? site.network.privateSubnets.map((subnet) => subnet.id) : [],
    securityGroups: isInside ? [firewall.id] : [],
  })
}

/**
 * What SageMaker leaves by itself (/opt/ml/model, its profiler, checkpoints of spot capacity) lies apart from the outputs of the
 * step, whose digests are of what the step wrote.
 */
function outputOf(site: Site, key: string): { output: string; statements: Statement[] } {
  const path = `sagemaker/${key}/`
  const { ledgerBucket } = site
  return {
    output: `s3://${ledgerBucket}/sagemaker/${key}`,
    statements: [...readBucket(ledgerBucket, path), ...writeBucket(ledgerBucket, path)],
  }
}

const M5: readonly (readonly [cpu: number, gib: number, size: string])[] = [
  [2, 8, 'large'],
  [4, 16, 'xlarge'],
  [8, 32, '2xlarge'],
  [16, 64, '4xlarge'],
  [48, 192, '12xlarge'],
  [96, 384, '24xlarge'],
]
const G5: Readonly<Record<number, string>> = { 1: 'xlarge', 4: '12xlarge', 8: '48xlarge' }

/** `ml.g5.xlarge`: the machine that the step names, or the smallest that fits. */
export function machineOf({ machine, gpu, size }: Pick<Step, 'machine' | 'gpu' | 'size'>): string {
  if (machine !== undefined) return machine.startsWith('ml.') ? machine : `ml.${machine}`
  if (gpu > 0) {
    const [, smallest = '48xlarge'] = Object.entries(G5).find(([count]) => Number(count) >= gpu) ?? []
    return `ml.g5.${smallest}`
  }
  const [, , smallest] = M5.find(([cpu, gib]) => cpu >= size.cpu && gib * GIB >= size.memory) ?? [
    0,
    0,
    '24xlarge',
  ]
  return `ml.m5.${smallest}`
}

/** https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createtrainingjob-perms */
function runStatements({ region, account }: Site, repositories: readonly string[]): Statement[] {
  return [
    { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
    {
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: repositories,
    },
    {
      actions: [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
      ],
      resources: [`arn:aws:logs:${region}:${account}:log-group:/aws/sagemaker/TrainingJobs*`],
    },
    {
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' } },
    },
  ]
}

const NETWORK: Statement = {
  actions: [
    'ec2:CreateNetworkInterface',
    'ec2:CreateNetworkInterfacePermission',
    'ec2:DeleteNetworkInterface',
    'ec2:DeleteNetworkInterfacePermission',
    'ec2:DescribeDhcpOptions',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcs',
  ],
  resources: ['*'],
}
