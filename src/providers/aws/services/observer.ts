import type { Task } from '@aws-sdk/client-ecs'
import { SluiceError } from '../../../domain/error.ts'
import type { RevisionStatus, ServiceStatus } from '../../ports/services.ts'
import type { ProviderContext } from '../../provider.ts'
import { type Deployment, isUnderWay, type Phase } from './deployment.ts'
import { ENDS } from './ends.ts'
import type { Glances } from './glances.ts'
import type { LastLines } from './last-lines.ts'
import { modelTrouble } from './loaded-models.ts'
import type { EcsReader, Sighting } from './reader.ts'
import { described, type Registered } from './revision.ts'
import { type Part, partsOf, revisionStatus, serviceStatus } from './status.ts'
import type { EcsTarget } from './target.ts'
import { complaintOf, failedTasks, hasFailed, reasonsOf } from './trouble.ts'

/** What ECS says of a service, in our words. It changes nothing. */
export class EcsObserver {
  readonly #context: ProviderContext
  readonly #reader: EcsReader
  readonly #lastLines: LastLines
  readonly #glances: Glances
  /** What no deployment changes: task definitions by ARN. */
  readonly #definitions = new Map<string, Registered>()

  constructor(context: ProviderContext, reader: EcsReader, glances: Glances, lastLines: LastLines) {
    this.#context = context
    this.#reader = reader
    this.#glances = glances
    this.#lastLines = lastLines
  }

  /** @param rolls ECS replaces its copies one by one, so a revision may be registered and wait. */
  async describe(target: EcsTarget, rolls: boolean, seen?: Sighting): Promise<ServiceStatus> {
    const last = seen === undefined ? this.#glances.takeLast(target) : undefined
    const sighting = seen ?? last?.sighting ?? (await this.#reader.look(target))
    const newest = rolls && last?.brought !== true ? await this.#reader.newest(target.family) : undefined
    const parts = await this.#known(partsOf(target, sighting, newest?.definition.taskDefinitionArn, rolls))
    return this.#told(target, sighting, parts)
  }

  async #told(target: EcsTarget, sighting: Sighting, parts: readonly Part[]): Promise<ServiceStatus> {
    const tasks = parts.some((part) => isFull(part, sighting.deployment))
      ? await this.#reader.tasks(target, 'RUNNING')
      : undefined
    const revisions: RevisionStatus[] = []
    for (const part of parts) revisions.push(await this.#status(target, sighting, part, tasks))
    return serviceStatus(target, sighting, parts, revisions)
  }

  /** A revision that starts, alone and in as few requests as that takes; where it is not on its way, the service. */
  async await(target: EcsTarget, rolls: boolean, revision: string): Promise<ServiceStatus> {
    const sighting = await this.#glances.glance(target)
    const { deployment } = sighting
    const starts = deployment !== null && isUnderWay(deployment.phase)
    if (!starts || deployment.target.taskDefinition !== revision)
      return this.describe(target, rolls, sighting)
    const parts = partsOf(target, sighting, undefined, rolls).filter(
      ({ taskDefinition }) => taskDefinition === revision,
    )
    return this.#told(target, sighting, parts)
  }

  /** What was registered just now. */
  remember(definition: Registered): void {
    this.#definitions.set(definition.definition.taskDefinitionArn ?? '', definition)
  }

  async definition(arn: string): Promise<Registered> {
    const known = this.#definitions.get(arn)
    if (known !== undefined) return known
    const found = await this.#reader.definition(arn)
    if (found === undefined) {
      throw new SluiceError('cannot-observe', 'service', {
        what: `ECS knows no task definition ${arn}, which a service is set to`,
        remedy: 'somebody has deleted it; roll out again',
      })
    }
    this.#definitions.set(arn, found)
    return found
  }

  /** What ECS has taken back on its own and nobody has cleared away is shown until it is reverted. */
  async #known(parts: readonly Part[]): Promise<readonly Part[]> {
    const known: Part[] = []
    for (const part of parts) {
      const gone =
        part.role === 'ended' &&
        part.weight === 0 &&
        (await this.#reader.definition(part.taskDefinition))?.definition.status !== 'ACTIVE'
      if (!gone) known.push(part)
    }
    return known
  }

  async #status(
    target: EcsTarget,
    sighting: Sighting,
    part: Part,
    tasks: Awaited<ReturnType<EcsReader['tasks']>> | undefined,
  ): Promise<RevisionStatus> {
    const definition = described(await this.definition(part.taskDefinition), target.container)
    const paused = sighting.deployment?.pause !== null && sighting.deployment?.pause !== undefined
    const asked = { part, definition, tasks, trouble: null, models: null }
    const resolved = new Set(
      part.arn === '' || tasks === undefined
        ? []
        : ((await this.#reader.revision(target, part.arn)).containerImages ?? []).flatMap(
            ({ containerName, imageDigest }) =>
              containerName === target.container && imageDigest !== undefined ? [imageDigest] : [],
          ),
    )
    const first = revisionStatus(target, { ...asked, resolved }, paused)
    if (first.healthy) {
      const models = await this.#modelTrouble(target, sighting, part, first)
      return models === null ? first : revisionStatus(target, { ...asked, resolved, models }, paused)
    }
    const trouble = await this.#trouble(target, sighting, part, definition.image)
    return revisionStatus(target, { ...asked, resolved, trouble }, paused)
  }

  async #trouble(target: EcsTarget, sighting: Sighting, part: Part, image: string): Promise<string | null> {
    const { deployment } = sighting
    const lost = part.weight > 0 && part.running < part.desired && part.role === 'serves'
    if (part.role === 'held' || !(lost || hasFailed(sighting, part.taskDefinition))) {
      return part.role === 'starts' ? (complaintOf(sighting) ?? null) : null
    }
    const stopped = await this.#reader.tasks(target, 'STOPPED')
    const reasons = reasonsOf(stopped, part.taskDefinition)
    const complaint = complaintOf(sighting)
    const said = [
      ...(deployment?.target.taskDefinition === part.taskDefinition && GIVEN_UP.has(deployment.phase)
        ? [`${ENDS[deployment.phase]}${deployment.reason === null ? '' : ` (${deployment.reason})`}`]
        : []),
      ...reasons,
      ...(complaint === undefined ? [] : [complaint]),
      ...(await this.output(target, part.taskDefinition, stopped)),
    ]
    return said.length === 0 ? null : `${said.join('; ')} [${image.slice(image.lastIndexOf('/') + 1)}]`
  }

  /** What the last task that failed wrote before it ended. */
  async output(
    target: EcsTarget,
    taskDefinition: string,
    stopped: readonly Task[],
  ): Promise<readonly string[]> {
    const [last] = failedTasks(stopped, taskDefinition)
    const { definition } = await this.definition(taskDefinition)
    const main = definition.containerDefinitions?.find(({ name }) => name === target.container)
    return last?.taskArn === undefined || main === undefined ? [] : this.#lastLines(main, last.taskArn)
  }

  /** By the rule that leads to it alone, else only with all of the traffic. */
  async #modelTrouble(
    { name, url }: EcsTarget,
    { deployment }: Sighting,
    part: Part,
    { models, headers }: RevisionStatus,
  ): Promise<string | null> {
    const { runtime, system } = this.#context
    const health = system.services[name]?.health
    const settled = part.role === 'starts' || deployment === null || !isUnderWay(deployment.phase)
    const alone = headers !== undefined || (part.weight === 100 && settled)
    if (url === null || health === undefined || models.length === 0 || !alone) return null
    // Joined, not resolved: `//host/path` is a path here, and no other host.
    return modelTrouble(runtime.http, `${url.replace(/\/$/, '')}${health}`, models, headers)
  }
}

const GIVEN_UP: ReadonlySet<Phase> = new Set([
  'stopping',
  'stopped',
  'rolling-back',
  'rolled-back',
  'rollback-failed',
])
/** May its tasks make it healthy? Until then they are not worth two requests. */
function isFull({ desired, running, role, weight }: Part, deployment: Deployment | null): boolean {
  if (role === 'held' || role === 'ended') return false
  return desired > 0 && running >= desired && (role === 'serves' || weight > 0 || deployment?.pause != null)
}
