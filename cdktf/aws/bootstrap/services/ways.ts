import { arn } from '../scope.ts'
import { type Permissions, tagged } from './row.ts'

/** Load balancers have names of at most 32 characters, and a longer one ends with a hash. */
const short = (prefix: string): string => prefix.slice(0, 24)

/** What leads to a system, and inside of it. */
export const WAYS = {
  elasticloadbalancing: {
    types: ['aws_lb'],
    read: ['elasticloadbalancing:Describe*'],
    write: (scope) => [
      {
        actions: [
          'elasticloadbalancing:AddTags',
          'elasticloadbalancing:Create*',
          'elasticloadbalancing:Delete*',
          'elasticloadbalancing:Modify*',
          'elasticloadbalancing:RemoveTags',
          'elasticloadbalancing:Set*',
        ],
        resources: [
          `loadbalancer/app/${short(scope.prefix)}*`,
          `listener/app/${short(scope.prefix)}*`,
          `listener-rule/app/${short(scope.prefix)}*`,
          `targetgroup/${short(scope.prefix)}*`,
        ].map((resource) => arn(scope, 'elasticloadbalancing', resource)),
      },
    ],
  },
  apigateway: {
    types: ['aws_apigatewayv2_'],
    read: ['apigateway:GET'],
    // Its ids are AWS's own and its tags no condition of every call: the region is as narrow as it goes.
    write: ({ region }) => [
      {
        actions: ['apigateway:DELETE', 'apigateway:PATCH', 'apigateway:POST', 'apigateway:PUT'],
        resources: ['apis', 'apis/*', 'domainnames', 'domainnames/*', 'tags/*'].map(
          (path) => `arn:aws:apigateway:${region}::/${path}`,
        ),
      },
    ],
  },
  acm: {
    types: ['aws_acm_'],
    read: ['acm:DescribeCertificate', 'acm:ListTagsForCertificate'],
    write: tagged(
      ['acm:RequestCertificate'],
      ['acm:AddTagsToCertificate', 'acm:DeleteCertificate', 'acm:RemoveTagsFromCertificate'],
    ),
  },
  route53: {
    types: ['aws_route53_'],
    read: ['route53:GetChange', 'route53:GetHostedZone', 'route53:List*'],
    // The zone belongs to the team, and has an id of AWS's own.
    write: () => [
      { actions: ['route53:ChangeResourceRecordSets'], resources: ['arn:aws:route53:::hostedzone/*'] },
    ],
  },
  servicediscovery: {
    types: ['aws_service_discovery_'],
    read: [
      'servicediscovery:GetNamespace',
      'servicediscovery:GetOperation',
      'servicediscovery:ListTagsForResource',
    ],
    write: tagged(
      ['servicediscovery:CreateHttpNamespace'],
      ['servicediscovery:DeleteNamespace', 'servicediscovery:TagResource', 'servicediscovery:UntagResource'],
    ),
  },
} satisfies Permissions
