import { AppautoscalingPolicy } from '@cdktf/provider-aws/lib/appautoscaling-policy/index.js'
import { AppautoscalingTarget } from '@cdktf/provider-aws/lib/appautoscaling-target/index.js'
import {
  EcsService,
  type EcsServiceDeploymentConfiguration,
} from '@cdktf/provider-aws/lib/ecs-service/index.js'
import { Construct } from 'constructs'
import type { RolloutPolicy } from '../../src/domain/system/rollout-policy.ts'
import { accept, when } from '../core/accept.ts'
import type { FargateTask } from './fargate-task.ts'
import type { Firewall } from './firewall.ts'
import type { Traffic } from './traffic.ts'

const MINUTE = 60_000

export interface FargateServiceProps {
  readonly name: string
  /** ARN of the cluster, as text: `arn:aws:ecs:region:account:cluster/name`. */
  readonly cluster: string
  readonly task: FargateTask
  /** Name of the container that takes requests. */
  readonly container: string
  /** @default it takes no requests */
  readonly port?: number
  /** Fewest and most copies, and the target of their CPU in percent; without it no autoscaling. */
  readonly scale: { readonly min: number; readonly max: number; readonly cpu?: number }
  readonly subnetIds: readonly string[]
  readonly firewall: Firewall
  /**
   * Copies have addresses of their own, for a way out of public subnets. Nothing reaches them but what the firewall lets.
   * @default false
   */
  readonly publicAddress?: boolean
  /** ARN of the namespace under which other services find it as `http://<alias>:<port>`. */
  readonly namespace: string
  /** Its name in the namespace. */
  readonly alias: string
  /** Requests from the load balancer. @default none */
  readonly traffic?: Traffic
  /** How a release takes over from the one before. */
  readonly rollout: Pick<RolloutPolicy, 'strategy' | 'steps' | 'bake' | 'startTimeout'>
}

/**
 * An ECS service on Fargate. It starts with no copies: the first rollout gives it an image and its number of copies.
 * What rollouts move (task definition, copies, deployment configuration) is left alone by every later plan.
 */
export class FargateService extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, props: FargateServiceProps) {
    super(scope, id)
    const { name, cluster, task, container, port, scale, subnetIds, firewall, traffic, rollout } = props
    const isRolling = traffic === undefined || rollout.strategy === 'rolling'
    const service = new EcsService(this, 'service', {
      name,
      cluster,
      taskDefinition: task.arn,
      desiredCount: 0,
      launchType: 'FARGATE',
      platformVersion: 'LATEST',
      enableEcsManagedTags: true,
      propagateTags: 'SERVICE',
      availabilityZoneRebalancing: 'ENABLED',
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentConfiguration: isRolling ? { strategy: 'ROLLING' } : deployment(rollout),
      // ECS has it for rolling deployments alone; the others are watched by the rollout.
      ...(isRolling ? { deploymentCircuitBreaker: { enable: true, rollback: true } } : {}),
      networkConfiguration: {
        subnets: [...subnetIds],
        securityGroups: [firewall.id],
        assignPublicIp: props.publicAddress ?? false,
      },
      serviceConnectConfiguration: {
        enabled: true,
        namespace: props.namespace,
        ...(port === undefined
          ? {}
          : {
              service: [
                { portName: 'http', discoveryName: props.alias, clientAlias: { dnsName: props.alias, port } },
              ],
            }),
      },
      ...(traffic === undefined || port === undefined
        ? {}
        : {
            healthCheckGracePeriodSeconds: Math.round(rollout.startTimeout / 1000),
            loadBalancer: [
              {
                containerName: container,
                containerPort: port,
                targetGroupArn: traffic.blue,
                ...(traffic.shift === undefined ? {} : { advancedConfiguration: traffic.shift }),
              },
            ],
          }),
      lifecycle: { ignoreChanges: ['task_definition', 'desired_count', 'deployment_configuration'] },
      ...(traffic === undefined ? {} : { dependsOn: [traffic.rule] }),
    })
    accept(
      service,
      when(props.publicAddress ?? false, {
        CKV_AWS_333:
          'its way out where the network has no NAT; nothing comes in but what its security group lets',
      }),
    )
    this.name = name
    if (scale.cpu !== undefined) this.#autoscale(service, cluster, { ...scale, cpu: scale.cpu })
  }

  #autoscale(service: EcsService, cluster: string, scale: { min: number; max: number; cpu: number }): void {
    const of = {
      serviceNamespace: 'ecs',
      scalableDimension: 'ecs:service:DesiredCount',
    }
    const target = new AppautoscalingTarget(this, 'copies', {
      ...of,
      resourceId: `service/${cluster.slice(cluster.lastIndexOf('/') + 1)}/${service.name}`,
      minCapacity: scale.min,
      maxCapacity: scale.max,
      // Pausing suspends it, and survives the next plan.
      lifecycle: { ignoreChanges: ['suspended_state'] },
    })
    new AppautoscalingPolicy(this, 'cpu', {
      ...of,
      name: 'cpu',
      policyType: 'TargetTrackingScaling',
      resourceId: target.resourceId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: scale.cpu,
        scaleInCooldown: 300,
        scaleOutCooldown: 60,
        predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' },
      },
    })
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html; times are whole minutes. */
function deployment(rollout: FargateServiceProps['rollout']): EcsServiceDeploymentConfiguration {
  const bake = String(Math.ceil(rollout.bake / MINUTE))
  const [first] = rollout.steps
  switch (rollout.strategy) {
    case 'rolling':
      return { strategy: 'ROLLING' }
    case 'blue-green':
      return { strategy: 'BLUE_GREEN', bakeTimeInMinutes: bake }
    case 'canary':
      return {
        strategy: 'CANARY',
        bakeTimeInMinutes: bake,
        canaryConfiguration: { canaryPercent: first, canaryBakeTimeInMinutes: bake },
      }
    case 'linear':
      return {
        strategy: 'LINEAR',
        bakeTimeInMinutes: bake,
        linearConfiguration: { stepPercent: first, stepBakeTimeInMinutes: bake },
      }
    default:
      return rollout.strategy satisfies never
  }
}
