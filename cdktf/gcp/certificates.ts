import { CertificateManagerCertificate } from '@cdktf/provider-google/lib/certificate-manager-certificate/index.js'
import { CertificateManagerCertificateMap } from '@cdktf/provider-google/lib/certificate-manager-certificate-map/index.js'
import { CertificateManagerCertificateMapEntry } from '@cdktf/provider-google/lib/certificate-manager-certificate-map-entry/index.js'
import { CertificateManagerDnsAuthorization } from '@cdktf/provider-google/lib/certificate-manager-dns-authorization/index.js'
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js'
import { Construct } from 'constructs'
import { within } from '../core/short-hash.ts'

export interface CertificatesProps {
  /** `filmlens-europe`. */
  readonly name: string
  /** DNS names; each gets a certificate of its own. */
  readonly domains: readonly string[]
  /** Managed zone of Cloud DNS that proves them. */
  readonly zone: string
}

/**
 * Certificates of Certificate Manager, proved by records in the zone, so a name can be served before anything leads to it.
 * They renew themselves as long as the records stand; another domain changes none of those that are there.
 */
export class Certificates extends Construct {
  /** As target proxies name the map. */
  readonly map: string

  constructor(scope: Construct, id: string, { name, domains, zone }: CertificatesProps) {
    super(scope, id)
    const map = new CertificateManagerCertificateMap(this, 'map', {
      name: within(name, 63),
      description: `Certificates of ${name}`,
    })
    for (const domain of domains) {
      const short = within(`${name}-${domain.replaceAll('.', '-')}`, 63)
      const proof = new CertificateManagerDnsAuthorization(this, `proof-${domain}`, {
        name: short,
        domain,
        type: 'PER_PROJECT_RECORD',
      })
      const { name: record, type, data } = proof.dnsResourceRecord.get(0)
      new DnsRecordSet(this, `record-${domain}`, {
        managedZone: zone,
        name: record,
        type,
        ttl: 300,
        rrdatas: [data],
      })
      const certificate = new CertificateManagerCertificate(this, `certificate-${domain}`, {
        name: short,
        scope: 'DEFAULT',
        managed: { domains: [domain], dnsAuthorizations: [proof.id] },
      })
      new CertificateManagerCertificateMapEntry(this, `entry-${domain}`, {
        name: short,
        map: map.name,
        hostname: domain,
        certificates: [certificate.id],
      })
    }
    this.map = `//certificatemanager.googleapis.com/${map.id}`
  }
}
