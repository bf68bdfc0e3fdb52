import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js'
import { ComputeRegionInstanceTemplate } from '@cdktf/provider-google/lib/compute-region-instance-template/index.js'
import { TerraformLocal } from 'cdktf'
import { Construct } from 'constructs'
import { usageError } from '../../src/domain/error.ts'
import { smallestMachine } from '../../src/domain/machines/gcp-machines.ts'
import { within } from '../core/short-hash.ts'
import { type BootScriptProps, bootScript } from './boot-script.ts'

const GIB = 2 ** 30

export interface GpuWorkerProps {
  /** At most 54 characters: with it begin the names of its machines. A change is another template, with a number of Google's. */
  readonly name: string
  readonly location: string
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
  /** Labels that every machine of it carries, and by which it is found. */
  readonly labels: Readonly<Record<string, string>>
  readonly boot: BootScriptProps
  /** Script of the repository in the folder of the stack; without it, `boot` names an image. */
  readonly script?: string
  /** Address of the account that its machines run as. */
  readonly account: string
  readonly network: { readonly network: string; readonly subnet: string; readonly tag: string }
  /** Its way out is an address of its own; nothing comes in. @default false */
  readonly publicAddress?: boolean
}

/** Google's newest images: with drivers and container toolkit, and plain. https://cloud.google.com/compute/docs/images/os-details */
const GPU_IMAGE =
  'projects/deeplearning-platform-release/global/images/family/common-cu128-ubuntu-2204-nvidia-570'
const PLAIN_IMAGE = 'projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64'

/** Addresses of Identity-Aware Proxy: https://cloud.google.com/iap/docs/using-tcp-forwarding */
const IAP = '35.235.240.0/20'

/**
 * What GPU machines are started from: an instance template that only Identity-Aware Proxy reaches. Its killer (promise R32) is
 * part of it: Compute Engine itself deletes a machine when its time is over, so none can be started without
 * (https://cloud.google.com/compute/docs/instances/limit-vm-runtime).
 */
export class GpuWorker extends Construct {
  readonly templateId: string

  constructor(scope: Construct, id: string, props: GpuWorkerProps) {
    super(scope, id)
    const { name, location, gpu, disk, spot = false, labels, boot, network } = props
    const machine = props.machine ?? smallestMachine(gpu)
    if (machine === undefined) {
      throw usageError({
        what: `no machine of Google Cloud has ${gpu} GPUs`,
        rule: 'machines have 1, 2, 4, 8 or 16',
        remedy: 'write workers.<name>.machine, such as a2-megagpu-16g',
      })
    }
    const [head, tail] = bootScript(boot)
    const script = props.script === undefined ? '' : `\${file("${props.script}")}`
    // A local is a template, in which quotes are only quotes.
    const text = new TerraformLocal(this, 'boot', `${head}${script}${tail}`)
    const template = new ComputeRegionInstanceTemplate(this, 'template', {
      namePrefix: `${name.slice(0, 36)}-`,
      region: location,
      machineType: machine,
      labels: { ...labels },
      scheduling: {
        maxRunDuration: { seconds: Math.max(30, Math.round(boot.lifetime / 1000)) },
        instanceTerminationAction: 'DELETE',
        provisioningModel: spot ? 'SPOT' : 'STANDARD',
        preemptible: spot,
        automaticRestart: false,
        onHostMaintenance: 'TERMINATE',
      },
      disk: [
        {
          boot: true,
          autoDelete: true,
          sourceImage: gpu > 0 ? GPU_IMAGE : PLAIN_IMAGE,
          diskType: 'pd-balanced',
          diskSizeGb: Math.ceil(disk / GIB),
        },
      ],
      networkInterface: [
        {
          subnetwork: network.subnet,
          ...(props.publicAddress === true ? { accessConfig: [{ networkTier: 'PREMIUM' }] } : {}),
        },
      ],
      tags: [network.tag],
      serviceAccount: {
        email: props.account,
        scopes: ['https://www.googleapis.com/auth/cloud-platform'],
      },
      shieldedInstanceConfig: {
        // Google's image with drivers does not start with it: https://cloud.google.com/deep-learning-vm/docs/images
        enableSecureBoot: gpu === 0,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
      },
      metadata: {
        'startup-script': text.asString,
        'enable-oslogin': 'TRUE',
        'block-project-ssh-keys': 'TRUE',
        'serial-port-enable': 'FALSE',
      },
      lifecycle: { createBeforeDestroy: true },
    })
    new ComputeFirewall(this, 'iap', {
      name: within(`${network.tag}-iap`, 63),
      description: 'A shell, through Identity-Aware Proxy alone',
      network: network.network,
      direction: 'INGRESS',
      sourceRanges: [IAP],
      targetTags: [network.tag],
      allow: [{ protocol: 'tcp', ports: ['22'] }],
      logConfig: { metadata: 'INCLUDE_ALL_METADATA' },
    })
    this.templateId = template.id
  }
}
