import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js'
import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network/index.js'
import { ComputeRouter } from '@cdktf/provider-google/lib/compute-router/index.js'
import { ComputeRouterNat } from '@cdktf/provider-google/lib/compute-router-nat/index.js'
import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork/index.js'
import type { ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'
import { within } from '../core/short-hash.ts'

export interface NetworkProps {
  /** Its name, at most 63 characters. */
  readonly name: string
  /** Google Cloud location; the subnet spans all of its zones. */
  readonly location: string
  /** IPv4 range of the subnet, /16 to /24. */
  readonly cidr: string
  /**
   * The way out of machines without an address of their own. Cloud NAT has no zones, so `single` and `per-zone` are one.
   * @default none
   */
  readonly nat?: 'none' | 'single' | 'per-zone'
  /** APIs that are on before anything is made. */
  readonly dependsOn?: ITerraformDependable[]
}

/** Ranges that are never on the internet. */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']

/**
 * A VPC with one subnet. Nothing comes in, and nothing inside is reached: every connection opens a way of its own
 * (`allowOut`). What is on the internet, and Google's APIs, can be reached.
 */
export class Network extends Construct {
  readonly id: string
  /** `https://...`, as Cloud SQL names it. */
  readonly selfLink: string
  readonly subnetId: string
  readonly location: string

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id)
    const { name, location, cidr, nat = 'none' } = props
    const after = props.dependsOn === undefined ? {} : { dependsOn: props.dependsOn }
    const network = new ComputeNetwork(this, 'vpc', {
      name,
      description: `Network of ${name}`,
      autoCreateSubnetworks: false,
      routingMode: 'REGIONAL',
      ...after,
    })
    const subnet = new ComputeSubnetwork(this, 'subnet', {
      name: within(`${name}-${location}`, 63),
      region: location,
      network: network.id,
      ipCidrRange: cidr,
      // Machines without an address reach Google's APIs.
      privateIpGoogleAccess: true,
      logConfig: {
        aggregationInterval: 'INTERVAL_10_MIN',
        flowSampling: 0.1,
        metadata: 'INCLUDE_ALL_METADATA',
      },
    })
    new ComputeFirewall(this, 'closed', {
      name: within(`${name}-closed`, 63),
      description: 'Nothing inside is reached but by a connection of sluice.yml',
      network: network.id,
      direction: 'EGRESS',
      priority: 65_000,
      destinationRanges: PRIVATE_RANGES,
      deny: [{ protocol: 'all' }],
      logConfig: { metadata: 'EXCLUDE_ALL_METADATA' },
    })
    this.id = network.id
    this.selfLink = network.selfLink
    this.subnetId = subnet.id
    this.location = location
    if (nat !== 'none') this.#nat(name, network, subnet)
  }

  #nat(name: string, network: ComputeNetwork, subnet: ComputeSubnetwork): void {
    const router = new ComputeRouter(this, 'router', {
      name,
      region: this.location,
      network: network.id,
    })
    new ComputeRouterNat(this, 'nat', {
      name,
      region: this.location,
      router: router.name,
      natIpAllocateOption: 'AUTO_ONLY',
      sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
      subnetwork: [{ name: subnet.id, sourceIpRangesToNat: ['ALL_IP_RANGES'] }],
      logConfig: { enable: true, filter: 'ERRORS_ONLY' },
    })
  }
}

/** Lets what carries a tag reach an address of the network on a port. The rule stands in the stack of who asks, `scope`. */
export function allowOut(
  scope: Construct,
  id: string,
  rule: {
    readonly name: string
    readonly network: string
    /** Network tag of who asks. */
    readonly from: string
    /** IPv4 address or range. */
    readonly to: string
    readonly port: number
    readonly why: string
  },
): void {
  new ComputeFirewall(scope, id, {
    name: rule.name,
    description: rule.why,
    network: rule.network,
    direction: 'EGRESS',
    priority: 1000,
    targetTags: [rule.from],
    destinationRanges: [rule.to],
    allow: [{ protocol: 'tcp', ports: [String(rule.port)] }],
  })
}
