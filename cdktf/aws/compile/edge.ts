import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone/index.js'
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record/index.js'
import type { Construct } from 'constructs'
import type { Site } from './site.ts'

/** The names under which the world finds the system. They come last: until then nobody is led to what is not there yet. */
export async function edge(site: Site): Promise<void> {
  const { services, apis, environment } = site.system
  const zone = environment.zone
  const named = Object.values(services).filter(({ domain }) => domain !== undefined)
  const namedApis = Object.values(apis).filter(({ domain }) => domain !== undefined)
  if (zone === undefined || named.length + namedApis.length === 0) return
  const stack = site.stack('edge')
  const { zoneId } = new DataAwsRoute53Zone(stack, 'zone', { name: zone })
  for (const { name, domain = '' } of named) {
    const { dnsName, zoneId: aliasZone } = site.balancer
    alias(stack, `name-${name}`, { zoneId, domain, to: dnsName, toZone: aliasZone })
  }
  if (namedApis.length === 0) return
  const { apiDomain } = await import('./api-domain.ts')
  for (const { name, domain = '' } of namedApis) {
    const target = apiDomain(site, stack, name, domain)
    if (target !== undefined) alias(stack, `name-${name}`, { zoneId, domain, ...target })
  }
}

function alias(
  scope: Construct,
  id: string,
  { zoneId, domain, to, toZone }: { zoneId: string; domain: string; to: string; toZone: string },
): void {
  new Route53Record(scope, id, {
    zoneId,
    name: domain,
    type: 'A',
    alias: { name: to, zoneId: toZone, evaluateTargetHealth: true },
  })
}
