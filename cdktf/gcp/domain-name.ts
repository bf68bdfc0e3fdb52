import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js'
import { Construct } from 'constructs'

export interface DomainNameProps {
  /** `api.films.example`. */
  readonly domain: string
  /** Managed zone of Cloud DNS that it lies in. */
  readonly zone: string
  /** IPv4 address that it leads to. */
  readonly address: string
}

/** A name under which the world finds a service. */
export class DomainName extends Construct {
  constructor(scope: Construct, id: string, { domain, zone, address }: DomainNameProps) {
    super(scope, id)
    new DnsRecordSet(this, 'record', {
      managedZone: zone,
      name: `${domain}.`,
      type: 'A',
      ttl: 300,
      rrdatas: [address],
    })
  }
}
