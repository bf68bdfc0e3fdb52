/**
 * One service deployment of the simulated ECS: what it has reached, and when it goes on by itself.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
 */
export interface SimDeployment {
  readonly arn: string
  /** ARNs of service revisions and of their task definitions. */
  readonly target: SimRevision
  readonly source: SimRevision | null
  readonly config: SimConfiguration
  readonly createdAt: number
  status: string
  stage: string
  reason: string | null
  /** Percent of the traffic on the target. */
  weight: number
  hook: SimHook | null
  /** When it goes on by itself; null: it waits, or is over. */
  due: number | null
  failed: number
  finishedAt: number | null
  /** First traffic of the target. */
  trafficSince: number | null
  readonly stopped: SimStopped[]
}

export interface SimRevision {
  readonly arn: string
  readonly taskDefinition: string
  /** It stands in the alternate one of the service's two target groups. */
  readonly alternate: boolean
}

export interface SimHook {
  readonly id: string
  readonly at: 'PRE_PRODUCTION_TRAFFIC_SHIFT' | 'POST_PRODUCTION_TRAFFIC_SHIFT'
  readonly expiresAt: number
  readonly timeoutAction: string
  status: 'AWAITING_ACTION' | 'SUCCEEDED'
}

export interface SimStopped {
  readonly taskDefinition: string
  readonly at: number
  readonly code: string
  readonly reason: string
  readonly exitCode?: number
  readonly containerReason?: string
}

/** `deploymentConfiguration` of UpdateService, as it came. */
export interface SimConfiguration {
  readonly strategy?: string
  readonly bakeTimeInMinutes?: number
  readonly lifecycleHooks?: readonly {
    readonly targetType?: string
    readonly lifecycleStages?: readonly string[]
    readonly timeoutConfiguration?: { readonly timeoutInMinutes?: number; readonly action?: string }
  }[]
  readonly canaryConfiguration?: {
    readonly canaryPercent?: number
    readonly canaryBakeTimeInMinutes?: number
  }
  readonly linearConfiguration?: { readonly stepPercent?: number; readonly stepBakeTimeInMinutes?: number }
  readonly deploymentCircuitBreaker?: { readonly enable?: boolean; readonly rollback?: boolean }
}

export const ENDED = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED']

export function isOver({ status }: Pick<SimDeployment, 'status'>): boolean {
  return ENDED.includes(status)
}

export function shifts({ strategy = 'ROLLING' }: SimConfiguration): boolean {
  return strategy !== 'ROLLING'
}

/** Where the next shift leads: canary has one step, linear equal ones. */
export function nextStep(config: SimConfiguration, weight: number): number {
  if (config.strategy === 'CANARY' && weight === 0) return config.canaryConfiguration?.canaryPercent ?? 5
  if (config.strategy === 'LINEAR')
    return Math.min(100, weight + (config.linearConfiguration?.stepPercent ?? 10))
  return 100
}

/** The pause configured for a stage. */
export function hookAt(
  config: SimConfiguration,
  stage: SimHook['at'],
): NonNullable<SimConfiguration['lifecycleHooks']>[number] | undefined {
  return config.lifecycleHooks?.find(
    ({ targetType, lifecycleStages = [] }) => targetType === 'PAUSE' && lifecycleStages.includes(stage),
  )
}
