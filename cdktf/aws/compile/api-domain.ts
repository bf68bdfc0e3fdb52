import { Apigatewayv2ApiMapping } from '@cdktf/provider-aws/lib/apigatewayv2-api-mapping/index.js'
import { Apigatewayv2DomainName } from '@cdktf/provider-aws/lib/apigatewayv2-domain-name/index.js'
import type { Construct } from 'constructs'
import type { Site } from './site.ts'

/** Serves an API under its domain; returns what the domain's record points to. */
export function apiDomain(
  site: Site,
  stack: Construct,
  name: string,
  domain: string,
): { to: string; toZone: string } | undefined {
  const api = site.apis.get(name)
  if (api === undefined || site.certificate === undefined) return undefined
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
  return { to: targetDomainName, toZone: hostedZoneId }
}
