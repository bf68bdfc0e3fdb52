import { NetworkConnectivityServiceConnectionPolicy } from '@cdktf/provider-google/lib/network-connectivity-service-connection-policy/index.js'
import { Construct } from 'constructs'

export interface ServiceConnectionProps {
  readonly name: string
  readonly region: string
  /** Id of the network. */
  readonly network: string
  /** Ids of subnets of the region, which lend the addresses. */
  readonly subnetworks: readonly string[]
  /** `gcp-memorystore` for Valkey. */
  readonly serviceClass: string
}

/**
 * Lets instances of one class of service appear in a network by Private Service Connect. One a network, region and class.
 * https://cloud.google.com/vpc/docs/about-service-connection-policies
 */
export class ServiceConnection extends Construct {
  constructor(scope: Construct, id: string, props: ServiceConnectionProps) {
    super(scope, id)
    const { name, region, network, subnetworks, serviceClass } = props
    new NetworkConnectivityServiceConnectionPolicy(this, 'policy', {
      name,
      location: region,
      network,
      serviceClass,
      pscConfig: { subnetworks: [...subnetworks] },
    })
  }
}
