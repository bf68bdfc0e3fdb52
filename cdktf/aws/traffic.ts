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
    | {
        alternateTargetGroupArn: string
        productionListenerRule: string
        testListenerRule: string
        roleArn: string
      }
    | undefined
  /** With this header a request reaches the revision that is on its way, whatever its share. */
  readonly staged: { readonly header: string; readonly value: string } | undefined

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
    const mine =
      domain === undefined ? { pathPattern: { values: ['/*'] } } : { hostHeader: { values: [domain] } }
    const action = [
      {
        type: 'forward',
        forward: { targetGroup: groups.map(({ arn }, index) => ({ arn, weight: index === 0 ? 100 : 0 })) },
      },
    ]
    this.rule = new LbListenerRule(this, 'rule', {
      listenerArn: props.listenerArn,
      priority: domain === undefined ? 50_000 : priorityOf(domain),
      condition: [mine],
      action,
      // Deployments move its weights.
      ...(shifts ? { lifecycle: { ignoreChanges: ['action'] } } : {}),
    })
    this.blue = blue.arn
    this.suffixes = green === undefined ? [blue.arnSuffix] : [blue.arnSuffix, green.arnSuffix]
    if (green === undefined) return
    // No secret, but nothing that is sent by chance: the way in is the one of all requests, so no port and no address is added.
    this.staged = { header: STAGED, value: shortHash(`${props.account} ${name} ${domain ?? ''}`, 20) }
    const test = new LbListenerRule(this, 'test-rule', {
      listenerArn: props.listenerArn,
      priority: testPriorityOf(domain ?? name),
      condition: [mine, { httpHeader: { httpHeaderName: STAGED, values: [this.staged.value] } }],
      action,
      lifecycle: { ignoreChanges: ['action'] },
    })
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
        { actions: ['elasticloadbalancing:ModifyRule'], resources: [this.rule.arn, test.arn] },
        {
          actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
          resources: [blue.arn, green.arn],
        },
      ],
    })
    this.shift = {
      alternateTargetGroupArn: green.arn,
      productionListenerRule: this.rule.arn,
      testListenerRule: test.arn,
      roleArn: role.arn,
    }
  }
}

/**
 * Requests with it take the rule that ECS leads to the new revision from TEST_TRAFFIC_SHIFT on, before any other request reaches it.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html, testListenerRule
 */
const STAGED = 'x-sluice-staged'

/** A place among the rules that depends on the domain alone, so that no other service moves it: 10,001 to 49,000. */
export function priorityOf(domain: string): number {
  return 10_001 + (Number.parseInt(shortHash(domain, 8), 16) % 39_000)
}

/** The narrower rule is looked at before those of all requests: 1 to 10,000. */
export function testPriorityOf(name: string): number {
  return 1 + (Number.parseInt(shortHash(name, 8), 16) % 10_000)
}
