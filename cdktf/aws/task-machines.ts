import { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js'
import { EcsCapacityProvider } from '@cdktf/provider-aws/lib/ecs-capacity-provider/index.js'
import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js'
import { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template/index.js'
import { Fn, TerraformLocal } from 'cdktf'
import { Construct } from 'constructs'
import { MACHINE_IDLE, machineLifetime } from '../../src/domain/jobs/ecs-tasks.ts'
import { accept, when } from '../core/accept.ts'
import type { Statement } from '../core/policy.ts'
import { within } from '../core/short-hash.ts'
import type { Firewall } from './firewall.ts'
import { idleWatch } from './idle-watch.ts'
import { Role } from './role.ts'

const GIB = 2 ** 30

export interface TaskMachinesProps {
  readonly name: string
  readonly account: string
  readonly region: string
  /** Name of the cluster that they join. */
  readonly cluster: string
  /** Machine type: `g5.xlarge`. */
  readonly machine: string
  /** 0 takes an image without drivers. */
  readonly gpu: number
  /** @default amd64 */
  readonly platform?: 'amd64' | 'arm64'
  /** Bytes. */
  readonly disk: number
  /**
   * Machines at once, over all runs.
   * @default 4
   */
  readonly most?: number
  /** Milliseconds of the longest task on them. */
  readonly timeout: number
  readonly tags: Readonly<Record<string, string>>
  readonly subnetIds: readonly string[]
  readonly firewall: Firewall
  /** Their way out is an address of their own; nothing comes in. @default false */
  readonly publicAddress?: boolean
}

/**
 * Machines of EC2 for tasks of a cluster: a capacity provider over a group that has none of them. ECS itself, in the cloud, starts
 * one when a task waits for it, protects it while one runs, and takes it away a quarter of an hour after the last
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html). Where it does not, the machine ends itself
 * (`idleWatch`). No port is open; Session Manager has no part in it.
 */
export class TaskMachines extends Construct {
  /** Name of the capacity provider. */
  readonly provider: string

  constructor(scope: Construct, id: string, props: TaskMachinesProps) {
    super(scope, id)
    const { name, account, region, cluster, machine, gpu, disk, timeout, tags, subnetIds, firewall } = props
    const { publicAddress = false, most = 4, platform = 'amd64' } = props
    const groupName = within(name, 255)
    const role = new Role(this, 'machine', {
      name: `${name}-machine`,
      service: 'ec2.amazonaws.com',
      account,
      statements: [
        ...agent(`arn:aws:ecs:${region}:${account}`, cluster),
        {
          actions: ['autoscaling:TerminateInstanceInAutoScalingGroup'],
          resources: [
            `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${groupName}`,
          ],
        },
      ],
    })
    const profile = new IamInstanceProfile(this, 'profile', { name: within(name, 128), role: role.name })
    const watch = idleWatch({ region, lifetime: machineLifetime(timeout), idle: MACHINE_IDLE })
    // A local is a template, in which quotes are only quotes.
    const boot = new TerraformLocal(
      this,
      'boot',
      ['#!/bin/bash', ...watch, ...joins(cluster, gpu)].join('\n'),
    )
    const template = new LaunchTemplate(this, 'template', {
      name: within(name, 128),
      updateDefaultVersion: true,
      imageId: `resolve:ssm:${imageOf(gpu, platform)}`,
      instanceType: machine,
      instanceInitiatedShutdownBehavior: 'terminate',
      iamInstanceProfile: { arn: profile.arn },
      userData: Fn.base64encode(boot.asString),
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      monitoring: { enabled: true },
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: {
            volumeSize: Math.ceil(disk / GIB),
            volumeType: 'gp3',
            encrypted: 'true',
            deleteOnTermination: 'true',
          },
        },
      ],
      networkInterfaces: [
        {
          securityGroups: [firewall.id],
          associatePublicIpAddress: String(publicAddress),
          deleteOnTermination: 'true',
        },
      ],
      tagSpecifications: ['instance', 'volume'].map((resourceType) => ({
        resourceType,
        tags: { ...tags, Name: name },
      })),
    })
    accept(
      template,
      when(publicAddress, { CKV_AWS_88: 'its way out where the network has no NAT; no port is open' }),
    )
    const group = new AutoscalingGroup(this, 'group', {
      name: groupName,
      minSize: 0,
      maxSize: most,
      vpcZoneIdentifier: [...subnetIds],
      launchTemplate: { id: template.id, version: '$Latest' },
      // ECS protects those on which a task runs, and takes the others.
      protectFromScaleIn: true,
      tag: [
        ...Object.entries({ ...tags, Name: name }),
        // ECS sets it on groups that it manages; without it here every plan would take it away.
        ['AmazonECSManaged', 'true'] as const,
      ].map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
      // Their number is ECS's to say.
      lifecycle: { ignoreChanges: ['desired_capacity'] },
    })
    const provider = new EcsCapacityProvider(this, 'provider', {
      name: within(name, 255),
      autoScalingGroupProvider: {
        autoScalingGroupArn: group.arn,
        managedTerminationProtection: 'ENABLED',
        managedDraining: 'ENABLED',
        managedScaling: {
          status: 'ENABLED',
          targetCapacity: 100,
          minimumScalingStepSize: 1,
          maximumScalingStepSize: most,
        },
      },
    })
    this.provider = provider.name
  }
}

/** Parameters of AWS, which name the newest image: Amazon Linux 2023 with ECS's agent, with and without the drivers. */
function imageOf(gpu: number, platform: 'amd64' | 'arm64'): string {
  const kind = gpu > 0 ? '/gpu' : platform === 'arm64' ? '/arm64' : ''
  return `/aws/service/ecs/optimized-ami/amazon-linux-2023${kind}/recommended/image_id`
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html */
function joins(cluster: string, gpu: number): readonly string[] {
  const settings = [
    `ECS_CLUSTER=${cluster}`,
    // The role that starts a task writes its log and pulls its image, as on Fargate: the machine may do neither.
    'ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true',
    ...(gpu > 0 ? ['ECS_ENABLE_GPU_SUPPORT=true'] : []),
  ]
  return ['cat >> /etc/ecs/ecs.config <<END', ...settings, 'END', '']
}

/** What the agent asks, for this cluster alone: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html */
function agent(ecs: string, cluster: string): readonly Statement[] {
  const own = `${ecs}:cluster/${cluster}`
  return [
    { actions: ['ecs:DiscoverPollEndpoint'], resources: ['*'] },
    {
      actions: ['ecs:DeregisterContainerInstance', 'ecs:RegisterContainerInstance', 'ecs:Submit*'],
      resources: [own],
    },
    {
      actions: ['ecs:Poll', 'ecs:StartTelemetrySession'],
      resources: [`${ecs}:container-instance/${cluster}/*`],
      conditions: { ArnEquals: { 'ecs:cluster': own } },
    },
  ]
}
