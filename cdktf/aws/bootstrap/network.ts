import type { Statement } from '../../core/policy.ts'
import { arn, ownTags, type Scope } from './scope.ts'

/** The Terraform types of EC2: the network, its firewalls, and templates of machines. */
export const NETWORK_TYPES: readonly string[] = [
  'aws_vpc',
  'aws_subnet',
  'aws_route',
  'aws_route_table',
  'aws_internet_gateway',
  'aws_nat_gateway',
  'aws_eip',
  'aws_security_group',
  'aws_default_security_group',
  'aws_launch_template',
  'aws_flow_log',
]

/** Describing takes no resource: it is all of the region or nothing. No console output and no password is among it. */
export const NETWORK_READ: readonly string[] = ['ec2:Describe*', 'ec2:GetManagedPrefixListEntries']

/** Ids of EC2 are AWS's own: what is new is made with our tags, what is there must have them. */
export function networkWrite(scope: Scope): readonly Statement[] {
  const made = [
    'elastic-ip',
    'internet-gateway',
    'launch-template',
    'natgateway',
    'route-table',
    'security-group',
    'security-group-rule',
    'subnet',
    'vpc',
    'vpc-endpoint',
    'vpc-flow-log',
  ]
  return [
    {
      actions: MAKES,
      resources: made.map((kind) => arn(scope, 'ec2', `${kind}/*`)),
      conditions: ownTags(scope, 'aws:RequestTag'),
    },
    {
      // What a new resource is made in, and everything afterwards.
      actions: [...MAKES, ...CHANGES],
      resources: [arn(scope, 'ec2', '*/*')],
      conditions: ownTags(scope, 'aws:ResourceTag'),
    },
    {
      actions: ['ec2:CreateTags'],
      resources: [arn(scope, 'ec2', '*/*')],
      // Only tags that come with the making: nobody else's resource becomes ours by a tag.
      conditions: {
        StringEquals: { 'ec2:CreateAction': MAKES.map((action) => action.slice('ec2:'.length)) },
      },
    },
    {
      // AWS makes the default firewall of a network itself, without tags. It is emptied and tagged, never opened.
      actions: ['ec2:CreateTags', 'ec2:RevokeSecurityGroupEgress', 'ec2:RevokeSecurityGroupIngress'],
      resources: [arn(scope, 'ec2', 'security-group/*')],
      conditions: { Null: { 'aws:ResourceTag/sluice:system': 'true' } },
    },
  ]
}

const MAKES: readonly string[] = [
  'ec2:AllocateAddress',
  'ec2:AuthorizeSecurityGroupEgress',
  'ec2:AuthorizeSecurityGroupIngress',
  'ec2:CreateFlowLogs',
  'ec2:CreateInternetGateway',
  'ec2:CreateLaunchTemplate',
  'ec2:CreateNatGateway',
  'ec2:CreateRouteTable',
  'ec2:CreateSecurityGroup',
  'ec2:CreateSubnet',
  'ec2:CreateVpc',
  'ec2:CreateVpcEndpoint',
]

const CHANGES: readonly string[] = [
  'ec2:AssociateRouteTable',
  'ec2:AttachInternetGateway',
  'ec2:CreateLaunchTemplateVersion',
  'ec2:CreateRoute',
  'ec2:CreateTags',
  'ec2:DeleteFlowLogs',
  'ec2:DeleteInternetGateway',
  'ec2:DeleteLaunchTemplate',
  'ec2:DeleteLaunchTemplateVersions',
  'ec2:DeleteNatGateway',
  'ec2:DeleteRoute',
  'ec2:DeleteRouteTable',
  'ec2:DeleteSecurityGroup',
  'ec2:DeleteSubnet',
  'ec2:DeleteTags',
  'ec2:DeleteVpc',
  'ec2:DeleteVpcEndpoints',
  'ec2:DetachInternetGateway',
  'ec2:DisassociateAddress',
  'ec2:DisassociateRouteTable',
  'ec2:ModifyLaunchTemplate',
  'ec2:ModifySecurityGroupRules',
  'ec2:ModifySubnetAttribute',
  'ec2:ModifyVpcAttribute',
  'ec2:ModifyVpcEndpoint',
  'ec2:ReleaseAddress',
  'ec2:ReplaceRoute',
  'ec2:RevokeSecurityGroupEgress',
  'ec2:RevokeSecurityGroupIngress',
]
