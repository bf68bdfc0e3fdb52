import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js'
import { ServiceNetworkingConnection } from '@cdktf/provider-google/lib/service-networking-connection/index.js'
import { Construct } from 'constructs'

export interface PrivateServicesProps {
  /** Name of the range. */
  readonly name: string
  /** Id of the network; one connection a network. */
  readonly network: string
}

/**
 * A range of the network in which Google's own services stand, Cloud SQL among them: reached by private addresses alone
 * (https://cloud.google.com/vpc/docs/configure-private-services-access).
 */
export class PrivateServices extends Construct {
  constructor(scope: Construct, id: string, { name, network }: PrivateServicesProps) {
    super(scope, id)
    const range = new ComputeGlobalAddress(this, 'range', {
      name,
      purpose: 'VPC_PEERING',
      addressType: 'INTERNAL',
      prefixLength: 20,
      network,
    })
    new ServiceNetworkingConnection(this, 'connection', {
      network,
      service: 'servicenetworking.googleapis.com',
      reservedPeeringRanges: [range.name],
      // A peering with a database that was just deleted refuses to go for days.
      deletionPolicy: 'ABANDON',
    })
  }
}
