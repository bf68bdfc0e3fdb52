import type { Service as EcsService, Deployment as ListedDeployment } from '@aws-sdk/client-ecs'
import type { Deployment, Phase, Share } from './deployment.ts'
import { unclear } from './ends.ts'
import type { EcsTarget } from './target.ts'

/**
 * The newest deployment where ECS has no service deployments (a service older than they are): what the list in the service
 * itself tells of it. Such a service has its copies replaced; a release that the circuit breaker took back is FAILED there, beside
 * the older one that is PRIMARY again.
 *
 * @throws SluiceError cannot-observe for what is not known to mean anything
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
 */
export function deploymentOfService(
  target: EcsTarget,
  { deployments = [] }: Pick<EcsService, 'deployments'>,
): Deployment | null {
  const [first, ...others] = deployments.filter(({ status }) => status === 'PRIMARY')
  if (first === undefined) return null
  if (others.length > 0) throw unclear(target, `${others.length + 1} deployments are PRIMARY`)
  const begun = (one: ListedDeployment): number => one.createdAt?.getTime() ?? 0
  const failed = deployments
    .filter((one) => one.status !== 'PRIMARY' && one.rolloutState === 'FAILED' && begun(one) > begun(first))
    .toSorted((a, b) => begun(b) - begun(a))[0]
  const phase = phaseOfListed(target, first)
  if (failed !== undefined) {
    const back: Phase =
      phase === 'successful' ? 'rolled-back' : phase === 'stopped' ? 'rollback-failed' : 'rolling-back'
    return listed(failed, back, [share(first)])
  }
  const sources = deployments.filter(
    ({ status, rolloutState }) => status === 'ACTIVE' && rolloutState !== 'FAILED',
  )
  return listed(first, phase, sources.map(share))
}

function phaseOfListed(
  target: EcsTarget,
  { rolloutState, runningCount = 0, desiredCount = 0 }: ListedDeployment,
): Phase {
  switch (rolloutState) {
    case 'COMPLETED':
      // A first deployment may say so before anything runs: what counts is what runs.
      return runningCount >= desiredCount ? 'successful' : 'in-progress'
    case 'IN_PROGRESS':
      return 'in-progress'
    case 'FAILED':
      return 'stopped'
    default:
      throw unclear(target, `the rollout state ${rolloutState ?? 'is missing'} is unknown`)
  }
}

function listed(one: ListedDeployment, phase: Phase, sources: readonly Share[]): Deployment {
  return {
    id: one.id ?? '',
    phase,
    reason: one.rolloutStateReason || null,
    createdAt: one.createdAt?.getTime() ?? 0,
    target: share(one),
    sources,
    pause: null,
    next: 100,
  }
}

const share = (one: ListedDeployment): Share => ({
  arn: '',
  taskDefinition: one.taskDefinition ?? '',
  requested: one.desiredCount ?? 0,
  running: one.runningCount ?? 0,
  weight: null,
})
