import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js'
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js'
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js'
import { Construct } from 'constructs'
import { accept, when } from '../core/accept.ts'

export interface FirewallProps {
  readonly name: string
  /** One sentence; AWS never lets it be changed. */
  readonly description: string
  readonly vpcId: string
  /**
   * May open connections to anywhere.
   * @default false
   */
  readonly out?: boolean
}

/** A security group: nothing comes in until a rule lets it. */
export class Firewall extends Construct {
  readonly id: string
  readonly group: SecurityGroup

  constructor(scope: Construct, id: string, { name, description, vpcId, out = false }: FirewallProps) {
    super(scope, id)
    const group = new SecurityGroup(this, 'group', { name, description, vpcId, tags: { Name: name } })
    this.id = group.id
    this.group = group
    if (out) {
      new VpcSecurityGroupEgressRule(this, 'out', {
        securityGroupId: group.id,
        ipProtocol: '-1',
        cidrIpv4: '0.0.0.0/0',
        description: 'Images, logs and the APIs of the cloud',
      })
    }
  }
}

/** Lets one group reach another on a port. The rule stands in the stack of who asks, `scope`. */
export function allow(
  scope: Construct,
  id: string,
  rule: { from: Firewall; to: Firewall; port: number; why: string },
): void {
  new VpcSecurityGroupIngressRule(scope, id, {
    securityGroupId: rule.to.id,
    referencedSecurityGroupId: rule.from.id,
    ipProtocol: 'tcp',
    fromPort: rule.port,
    toPort: rule.port,
    description: rule.why,
  })
}

/** Lets the members of one group reach each other on every port. The rule stands in the stack of who asks, `scope`. */
export function allowAmong(scope: Construct, id: string, { id: group }: Firewall, why: string): void {
  new VpcSecurityGroupIngressRule(scope, id, {
    securityGroupId: group,
    referencedSecurityGroupId: group,
    ipProtocol: '-1',
    description: why,
  })
}

/** Lets the whole internet reach a port. */
export function allowInternet(scope: Construct, id: string, to: Firewall, port: number): void {
  const rule = new VpcSecurityGroupIngressRule(scope, id, {
    securityGroupId: to.id,
    cidrIpv4: '0.0.0.0/0',
    ipProtocol: 'tcp',
    fromPort: port,
    toPort: port,
    description: `The internet, port ${port}`,
  })
  accept(
    rule,
    when(port === 80, { CKV_AWS_260: 'plain requests are sent on to HTTPS wherever there is a domain' }),
  )
}
