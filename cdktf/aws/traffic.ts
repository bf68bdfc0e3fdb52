import { LbListenerRule } from '@cdktf/provider-aws/lib/lb-listener-rule/index.js'
import { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group/index.js'
import { Construct } from 'constructs'
import { accept } from '../core/accept.ts'
import { shortHash, within } from '../core/short-hash.ts'
import { Role } from './role.ts'

export interface TrafficProps {
  readonly name: string
  readonly vpcId: string
  readonly account: string
  readonly listenerArn: string
  /** Port of the container. */
  readonly port: number
  /** Answers 200 when a copy can take requests. */
  readonly health: string
  /**
   * DNS name that requests are told apart by.
   * @default all requests that no other service takes
   */
  readonly domain?: string
  /** Milliseconds that a copy has to end its requests. */
  readonly drain: number
  /** Two target groups, between which a deployment shifts requests. */
  readonly shifts: boolean
}

/** What a service adds to the load balancer: target groups, and the rule that leads requests to them. */
export class Traffic extends Construct {
  readonly rule: LbListenerRule
  /** ARN of the target group that the service begins with. */
  readonly blue: string
  /** `targetgroup/name/id` of each, which metrics are named by. */
  readonly suffixes: readonly [string, ...string[]]
  /** What ECS needs to shift requests. */
  readonly shift:
    | { alternateTargetGroupArn: string; productionListenerRule: string; roleArn: string }
    | undefined

  constructor(scope: Construct, id: string, props: TrafficProps) {
    super(scope, id)
    const { name, vpcId, port, health, domain, shifts } = props
    const group = (colour: string): LbTargetGroup => {
      const made = new LbTargetGroup(this, colour, {
        name: within(`${name}-${colour}`, 32),
        vpcId,
        targetType: 'ip',
        protocol: 'HTTP',
        port,
        deregistrationDelay: String(Math.min(3600, Math.round(props.drain / 1000))),
        loadBalancingAlgorithmType: 'least_outstanding_requests',
        healthCheck: {
          path: health,
          matcher: '200',
          interval: 10,
          timeout: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 3,
        },
      })
      accept(made, {
        CKV_AWS_378: 'TLS ends at the load balancer; behind it only the load balancer is let in',
      })
      return made
    }
    const blue = group('blue')
    const green = shifts ? group('green') : undefined
    const groups = [blue, ...(green === undefined ? [] : [green])]
    this.rule = new LbListenerRule(this, 'rule', {
      listenerArn: props.listenerArn,
      priority: domain === undefined ? 50_000 : priorityOf(domain),
      condition: [
        domain === undefined ? { pathPattern: { values: ['/*'] } } : { hostHeader: { values: [domain] } },
      ],
      action: [
        {
          type: 'forward',
          forward: { targetGroup: groups.map(({ arn }, index) => ({ arn, weight: index === 0 ? 100 : 0 })) },
        },
      ],
      // Deployments move its weights.
      ...(shifts ? { lifecycle: { ignoreChanges: ['action'] } } : {}),
    })
    this.blue = blue.arn
    this.suffixes = green === undefined ? [blue.arnSuffix] : [blue.arnSuffix, green.arnSuffix]
    if (green === undefined) return
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
    const role = new Role(this, 'shifter', {
      name: `${name}-shifter`,
      service: 'ecs.amazonaws.com',
      account: props.account,
      statements: [
        {
          actions: [
            'elasticloadbalancing:DescribeListeners',
            'elasticloadbalancing:DescribeRules',
            'elasticloadbalancing:DescribeTargetGroups',
            'elasticloadbalancing:DescribeTargetHealth',
          ],
          resources: ['*'],
        },
        { actions: ['elasticloadbalancing:ModifyRule'], resources: [this.rule.arn] },
        {
          actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
          resources: [blue.arn, green.arn],
        },
      ],
    })
    this.shift = {
      alternateTargetGroupArn: green.arn,
      productionListenerRule: this.rule.arn,
      roleArn: role.arn,
    }
  }
}

/** A place among the rules that depends on the domain alone, so that no other service moves it: 1 to 49,000. */
export function priorityOf(domain: string): number {
  return 1 + (Number.parseInt(shortHash(domain, 8), 16) % 49_000)
}
