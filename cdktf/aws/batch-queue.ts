import { BatchComputeEnvironment } from '@cdktf/provider-aws/lib/batch-compute-environment/index.js'
import { BatchJobQueue } from '@cdktf/provider-aws/lib/batch-job-queue/index.js'
import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js'
import { Construct } from 'constructs'
import { within } from '../core/short-hash.ts'
import type { Firewall } from './firewall.ts'
import { Role } from './role.ts'

export interface BatchQueueProps {
  readonly name: string
  readonly account: string
  /** Machine types that it may start. */
  readonly machines: readonly string[]
  /** @default false */
  readonly spot?: boolean
  /**
   * vCPUs that run at once, over all jobs.
   * @default 96
   */
  readonly maxCpus?: number
  readonly subnetIds: readonly string[]
  readonly firewall: Firewall
}

/** A queue of AWS Batch over machines of its own, which are there only while jobs run. */
export class BatchQueue extends Construct {
  readonly arn: string

  constructor(scope: Construct, id: string, props: BatchQueueProps) {
    super(scope, id)
    const { name, account, machines, spot = false, maxCpus = 96, subnetIds, firewall } = props
    const role = new Role(this, 'machine', {
      name: `${name}-machine`,
      service: 'ec2.amazonaws.com',
      account,
      statements: [MACHINE],
    })
    const profile = new IamInstanceProfile(this, 'profile', { name: within(name, 128), role: role.name })
    const environment = new BatchComputeEnvironment(this, 'environment', {
      namePrefix: `${within(name, 90)}-`,
      type: 'MANAGED',
      state: 'ENABLED',
      computeResources: {
        type: spot ? 'SPOT' : 'EC2',
        allocationStrategy: spot ? 'SPOT_PRICE_CAPACITY_OPTIMIZED' : 'BEST_FIT_PROGRESSIVE',
        instanceType: [...machines],
        instanceRole: profile.arn,
        minVcpus: 0,
        maxVcpus: maxCpus,
        subnets: [...subnetIds],
        securityGroupIds: [firewall.id],
      },
      // A queue holds it: the next one is there before the old one goes.
      lifecycle: { createBeforeDestroy: true, ignoreChanges: ['compute_resources[0].desired_vcpus'] },
    })
    this.arn = new BatchJobQueue(this, 'queue', {
      name: within(name, 128),
      state: 'ENABLED',
      priority: 1,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: environment.arn }],
    }).arn
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html */
const MACHINE = {
  actions: [
    'ecs:DeregisterContainerInstance',
    'ecs:DiscoverPollEndpoint',
    'ecs:Poll',
    'ecs:RegisterContainerInstance',
    'ecs:StartTelemetrySession',
    'ecs:Submit*',
    'ecr:BatchCheckLayerAvailability',
    'ecr:BatchGetImage',
    'ecr:GetAuthorizationToken',
    'ecr:GetDownloadUrlForLayer',
  ],
  resources: ['*'],
} as const
