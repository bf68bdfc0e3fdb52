import { DnsManagedZone } from '@cdktf/provider-google/lib/dns-managed-zone/index.js'
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js'
import type { ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'

export interface RunNamesProps {
  /** `filmlens-europe`. */
  readonly name: string
  /** Id of the network that the names hold in. */
  readonly networkId: string
  /** APIs that are on before anything is made. */
  readonly dependsOn?: ITerraformDependable[]
}

/** Addresses of `private.googleapis.com`, which the network reaches without a way out. */
const PRIVATE_GOOGLE = ['199.36.153.8', '199.36.153.9', '199.36.153.10', '199.36.153.11']

/**
 * Inside the network the names of Cloud Run lead to Google's private addresses, so a service with internal ingress is
 * reached by the others, without NAT
 * (https://cloud.google.com/run/docs/securing/private-networking#from-other-services).
 */
export class RunNames extends Construct {
  constructor(scope: Construct, id: string, { name, networkId, dependsOn }: RunNamesProps) {
    super(scope, id)
    const zone = new DnsManagedZone(this, 'zone', {
      name: `${name}-run-app`,
      dnsName: 'run.app.',
      description: `Names of Cloud Run inside of ${name}`,
      visibility: 'private',
      privateVisibilityConfig: { networks: [{ networkUrl: networkId }] },
      ...(dependsOn === undefined ? {} : { dependsOn }),
    })
    new DnsRecordSet(this, 'names', {
      managedZone: zone.name,
      name: '*.run.app.',
      type: 'A',
      ttl: 300,
      rrdatas: PRIVATE_GOOGLE,
    })
  }
}
