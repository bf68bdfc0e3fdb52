import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js'
import { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template/index.js'
import { Fn, TerraformLocal } from 'cdktf'
import { Construct } from 'constructs'
import { accept, when } from '../core/accept.ts'
import type { Statement } from '../core/policy.ts'
import { within } from '../core/short-hash.ts'
import { type BootScriptProps, bootScript } from './boot-script.ts'
import type { Firewall } from './firewall.ts'
import { Killer } from './killer.ts'
import { Role } from './role.ts'

const GIB = 2 ** 30

export interface GpuWorkerProps {
  readonly name: string
  readonly account: string
  readonly region: string
  /**
   * Machine type.
   * @default the smallest with the GPUs asked for
   */
  readonly machine?: string
  /** GPUs; 0 takes an image without drivers. */
  readonly gpu: number
  /** Bytes. */
  readonly disk: number
  /**
   * Capacity that can be taken away, at a lower price.
   * @default false
   */
  readonly spot?: boolean
  /** Tags that every machine of it carries, and by which it is found. */
  readonly tags: Readonly<Record<string, string>>
  readonly boot: BootScriptProps
  /** Script of the repository in the folder of the stack; without it, `boot` names an image. */
  readonly script?: string
  readonly subnetId: string
  readonly firewall: Firewall
  /** Its way out is an address of its own; nothing comes in. @default false */
  readonly publicAddress?: boolean
  readonly statements: readonly Statement[]
}

/** The smallest machine with so many GPUs. */
const MACHINES: Readonly<Record<number, string>> = {
  0: 't3.large',
  1: 'g5.xlarge',
  4: 'g5.12xlarge',
  8: 'g5.48xlarge',
}

/**
 * What GPU machines are started from: a launch template without any inbound port (Session Manager opens a shell), and the
 * killer, which the template depends on. A machine that switches itself off is terminated.
 */
export class GpuWorker extends Construct {
  readonly launchTemplateId: string
  readonly roleArn: string
  readonly machine: string
  readonly killer: Killer['parts']

  constructor(scope: Construct, id: string, props: GpuWorkerProps) {
    super(scope, id)
    const { name, account, region, gpu, disk, spot = false, tags, boot, firewall } = props
    const machine = props.machine ?? MACHINES[gpu]
    if (machine === undefined) {
      throw new Error(`no machine type has ${gpu} GPUs: write workers.<name>.machine`)
    }
    const killer = new Killer(this, 'killer', {
      name: within(`${name}-killer`, 56),
      account,
      region,
      tags,
      lifetime: boot.lifetime,
    })
    const role = new Role(this, 'program', {
      name: `${name}-program`,
      service: 'ec2.amazonaws.com',
      account,
      statements: [SESSION_MANAGER, ...props.statements],
    })
    const profile = new IamInstanceProfile(this, 'profile', { name: within(name, 128), role: role.name })
    const [head, tail] = bootScript(boot)
    const script = props.script === undefined ? '' : `\${file("${props.script}")}`
    // A local is a template, in which quotes are only quotes.
    const text = new TerraformLocal(this, 'boot', `${head}${script}${tail}`)
    // A container is one hop further away from its machine.
    const hops = boot.work.kind === 'image' ? 2 : 1
    const template = new LaunchTemplate(this, 'template', {
      name,
      updateDefaultVersion: true,
      imageId: `resolve:ssm:${gpu > 0 ? GPU_IMAGE : PLAIN_IMAGE}`,
      instanceType: machine,
      instanceInitiatedShutdownBehavior: 'terminate',
      iamInstanceProfile: { arn: profile.arn },
      userData: Fn.base64encode(text.asString),
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: hops },
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
          subnetId: props.subnetId,
          securityGroups: [firewall.id],
          associatePublicIpAddress: String(props.publicAddress ?? false),
          deleteOnTermination: 'true',
        },
      ],
      ...(spot
        ? {
            instanceMarketOptions: {
              marketType: 'spot',
              spotOptions: { spotInstanceType: 'one-time', instanceInterruptionBehavior: 'terminate' },
            },
          }
        : {}),
      tagSpecifications: ['instance', 'volume'].map((resourceType) => ({
        resourceType,
        tags: { ...tags, Name: name },
      })),
      dependsOn: [killer.schedule],
    })
    accept(template, {
      ...when(props.publicAddress ?? false, {
        CKV_AWS_88: 'its way out where the network has no NAT; no port is open',
      }),
      ...when(hops > 1, {
        CKV_AWS_341: 'the program runs in a container and has the permissions of the machine',
      }),
    })
    this.launchTemplateId = template.id
    this.machine = machine
    this.killer = killer.parts
    this.roleArn = role.arn
  }
}

/** Parameters of AWS, which name the newest image: Amazon Linux 2023, with and without the drivers. */
const GPU_IMAGE =
  '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id'
const PLAIN_IMAGE = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64'

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html */
const SESSION_MANAGER: Statement = {
  actions: [
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  resources: ['*'],
}
