import type { Task } from '@aws-sdk/client-ecs'
import { type ImageReference, imageReference, isDigest, parseImageReference } from '../../../domain/digest.ts'
import type { RevisionStatus, ServiceStatus } from '../../ports/services.ts'
import { isUnderWay, type Share } from './deployment.ts'
import type { Sighting } from './reader.ts'
import type { Described } from './revision.ts'
import { type EcsTarget, familyOf, revisionNumber } from './target.ts'

/** A revision of a service as one look shows it, before its tasks are known. */
export interface Part {
  readonly taskDefinition: string
  /** ARN of the service revision; empty where there is none to ask. */
  readonly arn: string
  readonly weight: number
  readonly desired: number
  readonly running: number
  /** ECS has given up on it, or has not begun with it: what `ended` and `held` say. */
  readonly role: 'serves' | 'starts' | 'ended' | 'held'
}

/**
 * The revisions that a look shows. The template is none: nothing runs of it.
 *
 * @param newest the newest active task definition of the service's releases
 * @param rolls true where ECS replaces copies: then a release is only registered until it gets its traffic.
 */
export function partsOf(
  target: EcsTarget,
  sighting: Sighting,
  newest: string | undefined,
  rolls: boolean,
): readonly Part[] {
  const { deployment, serving, desired, running } = sighting
  const parts: Part[] = []
  const whole: Part = { taskDefinition: serving, arn: '', weight: 100, desired, running, role: 'serves' }
  if (deployment === null || deployment.phase === 'successful') {
    parts.push({ ...whole, arn: deployment?.target.taskDefinition === serving ? deployment.target.arn : '' })
  } else if (deployment.phase === 'rolled-back') {
    const back = deployment.sources.find((source) => source.taskDefinition === serving)
    parts.push({ ...whole, arn: back?.arn ?? '' })
    if (deployment.target.taskDefinition !== serving) {
      parts.push({ ...part(deployment.target, 0), role: 'ended' })
    }
  } else {
    const all = deployment.target.running + deployment.sources.reduce((sum, { running: n }) => sum + n, 0)
    // Replaced copy by copy, the traffic goes to whatever runs.
    const weight = (share: Share): number =>
      share.weight ?? (all === 0 ? 0 : Math.round((100 * share.running) / all))
    const starts = isUnderWay(deployment.phase) ? 'starts' : 'ended'
    parts.push({ ...part(deployment.target, weight(deployment.target)), role: starts })
    for (const source of deployment.sources) parts.push({ ...part(source, weight(source)), role: 'serves' })
  }
  const shown = merged(parts).filter(({ taskDefinition }) => familyOf(taskDefinition) !== target.template)
  if (!rolls || newest === undefined || shown.some(({ taskDefinition }) => taskDefinition === newest))
    return shown
  return isNewer(newest, serving, target)
    ? [
        ...shown,
        {
          taskDefinition: newest,
          arn: '',
          weight: 0,
          desired: desired || target.copies,
          running: 0,
          role: 'held',
        },
      ]
    : shown
}

/** A registered release that the service has not been set to yet. */
export function isNewer(newest: string, serving: string, { family }: Pick<EcsTarget, 'family'>): boolean {
  return revisionNumber(newest) > (familyOf(serving) === family ? revisionNumber(serving) : 0)
}

function part(share: Share, weight: number): Omit<Part, 'role'> {
  const { taskDefinition, arn, requested, running } = share
  return { taskDefinition, arn, weight, desired: requested, running }
}

/** A restart has one task definition on both sides. */
function merged(parts: readonly Part[]): readonly Part[] {
  const byDefinition = new Map<string, Part>()
  for (const one of parts) {
    const first = byDefinition.get(one.taskDefinition)
    byDefinition.set(
      one.taskDefinition,
      first === undefined
        ? one
        : {
            ...first,
            weight: first.weight + one.weight,
            desired: Math.max(first.desired, one.desired),
            running: Math.min(Math.max(first.desired, one.desired), first.running + one.running),
            role: 'serves',
          },
    )
  }
  return [...byDefinition.values()]
}

export interface Evidence {
  readonly part: Part
  readonly definition: Described
  /** Tasks of the service that run; undefined where they were not asked for. */
  readonly tasks: readonly Task[] | undefined
  /** What ECS resolved each container's image to. */
  readonly resolved: ReadonlySet<string>
  /** Why it is not healthy, from its ended tasks and the service's events. */
  readonly trouble: string | null
  /** What is wrong with the models that it serves; null where nothing is, or nobody could ask. */
  readonly models: string | null
}

/** @param container the one that gets the image of the release. */
export function revisionStatus(target: EcsTarget, evidence: Evidence, paused: boolean): RevisionStatus {
  const { part: seen, definition, tasks, models } = evidence
  const own = (tasks ?? []).filter((task) => task.taskDefinitionArn === seen.taskDefinition)
  const up = own.filter(({ lastStatus }) => lastStatus === 'RUNNING')
  const sick = up.some(({ healthStatus }) => healthStatus === 'UNHEALTHY')
  const enough = tasks !== undefined && up.length >= seen.desired && seen.running >= seen.desired
  // Under way it is healthy when ECS stops before the traffic: only then have all health checks passed.
  const reached = seen.role === 'serves' || seen.weight > 0 || paused
  const healthy = seen.desired > 0 && enough && !sick && reached && models === null
  const trouble =
    models ?? (sick ? 'a container is UNHEALTHY' : healthy || seen.role === 'held' ? null : evidence.trouble)
  return {
    id: seen.taskDefinition,
    release: definition.release,
    image: imageThatRuns(target, evidence, up),
    models: definition.models,
    weight: seen.weight,
    desired: seen.desired,
    running: tasks === undefined ? seen.running : Math.min(seen.running, up.length),
    healthy,
    trouble,
    createdAt: definition.createdAt,
    staged: seen.role === 'starts' || seen.role === 'held',
    ...(seen.role === 'starts' && reached ? ownWay(target) : {}),
    ...(seen.role === 'held' ? { held: true } : {}),
  }
}

/**
 * The way to the revision alone. ECS leads the test rule to it before it stops for the first share of the traffic.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html, TEST_TRAFFIC_SHIFT
 */
function ownWay({ url, staged }: EcsTarget): Pick<RevisionStatus, 'url' | 'headers'> {
  return url === null || staged === undefined ? {} : { url, headers: staged }
}

/** The image of the release, unless some task runs another one. */
function imageThatRuns(
  target: EcsTarget,
  { definition, resolved }: Evidence,
  up: readonly Task[],
): ImageReference {
  const asked = parseImageReference(definition.image)
  if (asked === undefined) return definition.image
  for (const task of up) {
    const main = task.containers?.find(({ name }) => name === target.container)
    const digest = main?.imageDigest
    // ECS may name the manifest of the platform where an index was asked for: what it resolved is as good.
    if (digest === undefined || digest === asked.digest || resolved.has(digest)) continue
    if (isDigest(digest)) return imageReference(asked.repository, digest)
  }
  return definition.image
}

export function serviceStatus(
  target: EcsTarget,
  sighting: Sighting,
  parts: readonly Part[],
  revisions: readonly RevisionStatus[],
): ServiceStatus {
  const moves = parts.some(({ role }) => role !== 'serves')
  const underWay = sighting.deployment !== null && isUnderWay(sighting.deployment.phase)
  const state =
    parts.length === 0
      ? 'absent'
      : moves || underWay
        ? 'rolling'
        : sighting.desired === 0
          ? 'paused'
          : 'running'
  return { service: target.name, state, url: target.url, revisions }
}
