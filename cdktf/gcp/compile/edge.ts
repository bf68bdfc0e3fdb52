import { gcpZone } from '../../../src/domain/names/gcp-names.ts'
import type { Backend } from '../load-balancer.ts'
import type { Site } from './site.ts'

/** The names under which the world finds the system, and what leads from them to its services. They come last. */
export async function edge(site: Site): Promise<void> {
  const { zone } = site.system.environment
  const named = Object.values(site.system.services).flatMap(({ name, domain }): Backend[] =>
    domain === undefined ? [] : [{ name, service: site.name('services', name), domain }],
  )
  // Sorted, so that the order in sluice.yml changes nothing.
  const [first, ...others] = named.sort((a, b) => (a.domain < b.domain ? -1 : 1))
  if (zone === undefined || first === undefined) return
  const [{ Certificates }, { LoadBalancer }, { DomainName }] = await Promise.all([
    import('../certificates.ts'),
    import('../load-balancer.ts'),
    import('../domain-name.ts'),
  ])
  const stack = site.stack('edge')
  const managedZone = gcpZone(zone)
  const domains = named.map(({ domain }) => domain)
  const certificates = new Certificates(stack, 'certificates', {
    name: site.prefix,
    domains,
    zone: managedZone,
  })
  const balancer = new LoadBalancer(stack, 'internet', {
    name: site.prefix,
    location: site.location,
    backends: [first, ...others],
    certificates: certificates.map,
  })
  for (const { name, domain } of named) {
    site.after(stack, name)
    new DomainName(stack, `name-${name}`, { domain, zone: managedZone, address: balancer.address })
  }
}
