import { Apigatewayv2ApiMapping } from '@cdktf/provider-aws/lib/apigatewayv2-api-mapping/index.js'
import { Apigatewayv2DomainName } from '@cdktf/provider-aws/lib/apigatewayv2-domain-name/index.js'
import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone/index.js'
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record/index.js'
import type { Construct } from 'constructs'
import type { Site } from './site.ts'

/** The names under which the world finds the system. They come last: until then nobody is led to what is not there yet. */
export function edge(site: Site): void {
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
  for (const { name, domain = '' } of namedApis) {
    const api = site.apis.get(name)
    if (api === undefined || site.certificate === undefined) continue
    const served = new Apigatewayv2DomainName(stack, `domain-${name}`, {
      domainName: domain,
      domainNameConfiguration: {
        certificateArn: site.certificate,
        endpointType: 'REGIONAL',
        securityPolicy: 'TLS_1_2',
      },
    })
    new Apigatewayv2ApiMapping(stack, `mapping-${name}`, {
      apiId: api.id,
      domainName: served.id,
      stage: api.stage,
    })
    const { targetDomainName, hostedZoneId } = served.domainNameConfiguration
    alias(stack, `name-${name}`, { zoneId, domain, to: targetDomainName, toZone: hostedZoneId })
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
