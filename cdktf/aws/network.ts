import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group/index.js'
import { Eip } from '@cdktf/provider-aws/lib/eip/index.js'
import { FlowLog } from '@cdktf/provider-aws/lib/flow-log/index.js'
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway/index.js'
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway/index.js'
import { Route } from '@cdktf/provider-aws/lib/route/index.js'
import { RouteTable } from '@cdktf/provider-aws/lib/route-table/index.js'
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association/index.js'
import { Subnet } from '@cdktf/provider-aws/lib/subnet/index.js'
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint/index.js'
import { Construct } from 'constructs'
import { subnetOf } from '../core/cidr.ts'
import { type LogArchive, NETWORK_LOGS } from './log-archive.ts'

export interface NetworkProps {
  /** Its name in the console. */
  readonly name: string
  /** AWS region. */
  readonly region: string
  /** IPv4 range, /16 to /24. */
  readonly cidr: string
  /**
   * A private subnet's way out.
   * @default none: what is private reaches S3 and DynamoDB, and nothing else outside
   */
  readonly nat?: 'none' | 'single' | 'per-zone'
  /**
   * Keeps who spoke to whom.
   * @default nothing is kept
   */
  readonly logs?: LogArchive
}

/** Letters of the zones that are used; every region has these two. */
const ZONES = ['a', 'b'] as const

/**
 * A VPC with a public and a private subnet in two zones. Its default security group lets nothing through, and no machine
 * gets a public address unless it asks for one.
 */
export class Network extends Construct {
  readonly vpc: Vpc
  readonly publicSubnets: readonly Subnet[]
  readonly privateSubnets: readonly Subnet[]

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id)
    const { name, region, cidr, nat = 'none', logs } = props
    const tagged = (suffix: string) => ({ Name: `${name}-${suffix}` })
    this.vpc = new Vpc(this, 'vpc', {
      cidrBlock: cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: name },
    })
    if (logs !== undefined) this.#log(logs, name)
    new DefaultSecurityGroup(this, 'closed', { vpcId: this.vpc.id, ingress: [], egress: [] })
    const gateway = new InternetGateway(this, 'internet', { vpcId: this.vpc.id, tags: { Name: name } })
    const subnet = (kind: 'public' | 'private', zone: (typeof ZONES)[number], index: number): Subnet =>
      new Subnet(this, `${kind}-${zone}`, {
        vpcId: this.vpc.id,
        availabilityZone: `${region}${zone}`,
        cidrBlock: subnetOf(cidr, 2, index),
        mapPublicIpOnLaunch: false,
        tags: tagged(`${kind}-${zone}`),
      })
    this.publicSubnets = ZONES.map((zone, index) => subnet('public', zone, index))
    this.privateSubnets = ZONES.map((zone, index) => subnet('private', zone, index + ZONES.length))

    const out = new RouteTable(this, 'public', { vpcId: this.vpc.id, tags: tagged('public') })
    new Route(this, 'out', {
      routeTableId: out.id,
      destinationCidrBlock: '0.0.0.0/0',
      gatewayId: gateway.id,
    })
    const gateways =
      nat === 'none' ? [] : ZONES.slice(0, nat === 'single' ? 1 : ZONES.length).map(this.#nat(name))
    const tables = ZONES.map((zone, index) => {
      const table = new RouteTable(this, `private-table-${zone}`, {
        vpcId: this.vpc.id,
        tags: tagged(`private-${zone}`),
      })
      const way = gateways[index] ?? gateways[0]
      if (way !== undefined) {
        new Route(this, `private-out-${zone}`, {
          routeTableId: table.id,
          destinationCidrBlock: '0.0.0.0/0',
          natGatewayId: way.id,
        })
      }
      return table
    })
    ZONES.forEach((zone, index) => {
      const pairs = [
        ['public', this.publicSubnets[index], out],
        ['private', this.privateSubnets[index], tables[index]],
      ] as const
      for (const [kind, place, table] of pairs) {
        if (place === undefined || table === undefined) continue
        new RouteTableAssociation(this, `${kind}-route-${zone}`, {
          subnetId: place.id,
          routeTableId: table.id,
        })
      }
    })
    // Free of charge, and the way of private subnets without NAT.
    for (const service of ['s3', 'dynamodb']) {
      new VpcEndpoint(this, service, {
        vpcId: this.vpc.id,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: 'Gateway',
        routeTableIds: [out, ...tables].map((table) => table.id),
        tags: tagged(service),
      })
    }
  }

  #log({ bucket, ready }: LogArchive, name: string): void {
    new FlowLog(this, 'flows', {
      vpcId: this.vpc.id,
      trafficType: 'ALL',
      logDestinationType: 's3',
      logDestination: `arn:aws:s3:::${bucket}/${NETWORK_LOGS}/`,
      maxAggregationInterval: 600,
      tags: { Name: name },
      dependsOn: [ready],
    })
  }

  #nat(name: string): (zone: string, index: number) => NatGateway {
    return (zone, index) => {
      const address = new Eip(this, `nat-address-${zone}`, {
        domain: 'vpc',
        tags: { Name: `${name}-nat-${zone}` },
      })
      return new NatGateway(this, `nat-${zone}`, {
        allocationId: address.id,
        subnetId: this.publicSubnets[index]?.id ?? '',
        tags: { Name: `${name}-${zone}` },
      })
    }
  }
}
