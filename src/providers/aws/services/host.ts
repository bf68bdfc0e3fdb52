import type { Task } from '@aws-sdk/client-ecs'
import { SluiceError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/targets.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type {
  HostPace,
  ProviderContext,
  RevisionSpec,
  RevisionStatus,
  ServiceHost,
  ServiceStatus,
} from '../../provider.ts'
import { codeOf } from '../trouble.ts'
import { type Deployment, isUnderWay, type Phase, revertMove, settleMove, shiftMove } from './deployment.ts'
import type { LastLines } from './last-lines.ts'
import { modelTrouble } from './loaded-models.ts'
import { ecsPace } from './pace.ts'
import type { EcsReader, Sighting } from './reader.ts'
import { described, type Registered, releaseDefinition } from './revision.ts'
import { sidecarImages } from './sidecars.ts'
import { isNewer, type Part, partsOf, revisionStatus, serviceStatus } from './status.ts'
import { shiftsTraffic } from './strategy.ts'
import { type EcsTarget, ecsTarget, familyOf } from './target.ts'
import { complaintOf, failedTasks, hasFailed, reasonsOf } from './trouble.ts'
import type { EcsWriter } from './writer.ts'

/** Milliseconds between two looks while a method waits for ECS. */
const EVERY = 5_000

/** Services on ECS. Its deployments are driven through their pauses; what is told comes from ECS alone, never from memory. */
export class EcsServices implements ServiceHost {
  readonly pace: HostPace
  readonly #context: ProviderContext
  readonly #reader: EcsReader
  readonly #writer: EcsWriter
  readonly #targets: () => Promise<Targets>
  readonly #lastLines: LastLines
  readonly #turns = new Map<string, AbortController>()
  /** What no deployment changes: task definitions by ARN. */
  readonly #definitions = new Map<string, Registered>()

  constructor(
    context: ProviderContext,
    reader: EcsReader,
    writer: EcsWriter,
    targets: () => Promise<Targets>,
    lastLines: LastLines = async () => [],
  ) {
    this.#lastLines = lastLines
    this.#context = context
    this.pace = ecsPace(context.runtime.env)
    this.#reader = reader
    this.#writer = writer
    this.#targets = targets
  }

  async describe(service: string): Promise<ServiceStatus> {
    const target = await this.#target(service)
    const sighting = await this.#reader.look(target)
    const rolls = !this.#shifts(target)
    const newest = rolls ? await this.#reader.definition(target.family) : undefined
    const parts = await this.#known(partsOf(target, sighting, newest?.definition.taskDefinitionArn, rolls))
    const tasks = parts.some((part) => isFull(part, sighting.deployment))
      ? await this.#reader.tasks(target, 'RUNNING')
      : undefined
    const revisions: RevisionStatus[] = []
    for (const part of parts) revisions.push(await this.#status(target, sighting, part, tasks))
    return serviceStatus(target, sighting, parts, revisions)
  }

  stage(spec: RevisionSpec): Promise<string> {
    return this.#turn(spec.service.name, async (signal) => {
      const target = await this.#target(spec.service.name)
      const sighting = await this.#reader.look(target, signal)
      const sidecars = await sidecarImages(this.#context, spec.service)
      const template = await this.#reader.definition(target.template, signal)
      if (template === undefined) throw noTemplate(target)
      const wanted = releaseDefinition(target, template, spec, sidecars)
      const isWanted = (definition: Registered): boolean =>
        fingerprintOf(definition.tags) === fingerprintOf(wanted.tags ?? [])
      const { deployment, serving } = sighting
      if (deployment !== null && isUnderWay(deployment.phase)) {
        const { taskDefinition } = deployment.target
        const goes = deployment.phase === 'pending' || deployment.phase === 'in-progress'
        if (goes && isWanted(await this.#definition(taskDefinition))) return taskDefinition
        throw busy(target, taskDefinition, goes)
      }
      if (familyOf(serving) === target.family && isWanted(await this.#definition(serving))) return serving
      const newest = await this.#reader.definition(target.family, signal)
      const id = newest?.definition.taskDefinitionArn
      const shifts = this.#shifts(target)
      if (
        !shifts &&
        newest !== undefined &&
        id !== undefined &&
        isNewer(id, serving, target) &&
        !isWanted(newest)
      ) {
        throw busy(target, id, true)
      }
      const revision =
        newest !== undefined && id !== undefined && isWanted(newest)
          ? id
          : await this.#writer.register(target, wanted, signal)
      // Where ECS replaces copies there is no place beside what serves: the copies come with the traffic.
      if (shifts) {
        const first = familyOf(serving) === target.template
        await this.#writer.deploy(target, revision, first ? target.copies : undefined, signal)
      }
      return revision
    })
  }

  shift(service: string, revision: string, percent: number): Promise<void> {
    return this.#turn(service, async (signal) => {
      const target = await this.#target(service)
      const refused = new Set<string>()
      await this.#until(`shifting ${service} to ${percent} %`, signal, async () => {
        const { deployment, serving } = await this.#reader.look(target, signal)
        if (!this.#shifts(target) && deployment?.target.taskDefinition !== revision) {
          if (await this.#isHeld(revision, serving, deployment, target, signal)) {
            if (percent < 100) return true
            const first = familyOf(serving) === target.template
            await this.#writer.deploy(target, revision, first ? target.copies : undefined, signal)
            return false
          }
        }
        const move = shiftMove(deployment, revision, percent)
        switch (move.kind) {
          case 'there':
            return true
          case 'wait':
            return false
          case 'continue':
            await this.#answer(target, deployment, 'CONTINUE', refused, signal)
            return false
          case 'superseded':
            throw superseded(target, revision, move.by)
          case 'ended':
            throw await this.#ended(target, revision, move.phase, move.reason, signal)
          default:
            return move satisfies never
        }
      })
    })
  }

  settle(service: string, revision: string): Promise<void> {
    return this.#turn(service, async (signal) => {
      const target = await this.#target(service)
      const refused = new Set<string>()
      await this.#until(`settling ${service}`, signal, async () => {
        const { deployment } = await this.#reader.look(target, signal)
        const move = settleMove(deployment, revision)
        switch (move.kind) {
          case 'there':
            return true
          case 'wait':
            return false
          case 'continue':
            await this.#answer(target, deployment, 'CONTINUE', refused, signal)
            return false
          case 'too-early':
            throw superseded(target, revision, `itself at ${move.weight} %`)
          case 'superseded':
            throw superseded(target, revision, move.by)
          case 'ended':
            throw await this.#ended(target, revision, move.phase, move.reason, signal)
          default:
            return move satisfies never
        }
      })
    })
  }

  revert(service: string, revision: string): Promise<void> {
    return this.#turn(service, async (signal) => {
      const target = await this.#target(service)
      const refused = new Set<string>()
      await this.#until(`reverting ${service}`, signal, () => this.#goBack(target, revision, refused, signal))
      await this.#writer.retire(target, revision, signal)
    })
  }

  /** One step back; true where ECS is back already. */
  async #goBack(
    target: EcsTarget,
    revision: string,
    refused: Set<string>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { deployment, serving } = await this.#reader.look(target, signal)
    if (deployment !== null && deployment.target.taskDefinition !== revision) {
      // Our own way back, or somebody else's deployment: that one may wait for an answer of theirs.
      return !isUnderWay(deployment.phase) || deployment.pause !== null
    }
    const move = revertMove(deployment, revision)
    const sources = deployment?.sources ?? []
    const alone = !sources.some(({ taskDefinition }) => familyOf(taskDefinition) !== target.template)
    switch (move.kind) {
      case 'back':
        // The deployment ended where it began: with the same revision, when a restart was rolled back.
        return serving !== revision || sources.some(({ taskDefinition }) => taskDefinition === revision)
      case 'wait':
        return false
      case 'roll-back':
        // Before the first release there is the template, which cannot run: no copies of it.
        if (alone) await this.#writer.scale(target, 0, signal)
        await this.#answer(target, deployment, 'ROLLBACK', refused, signal)
        return false
      case 'stop':
        if (alone) await this.#writer.scale(target, 0, signal)
        await this.#lookAgain(`stop ${deployment?.id}`, refused, () =>
          this.#writer.stop(target, deployment?.id ?? '', signal),
        )
        return false
      case 'replace': {
        const before = move.by?.taskDefinition ?? target.template
        await this.#writer.replace(target, before, alone ? 0 : undefined, signal)
        return false
      }
      case 'failed':
        throw new SluiceError('rollback-failed', 'service', {
          what: `${target.name}: ECS could not go back: ${move.reason ?? 'it gives no reason'}`,
          remedy: 'see the service in the console of ECS; then roll out or roll back again',
        })
      default:
        return move satisfies never
    }
  }

  #answer(
    target: EcsTarget,
    deployment: Deployment | null,
    action: 'CONTINUE' | 'ROLLBACK',
    refused: Set<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { id = '', pause } = deployment ?? {}
    if (pause === null || pause === undefined) return Promise.resolve()
    return this.#lookAgain(pause, refused, () => this.#writer.answer(target, id, pause, action, signal))
  }

  /**
   * What ECS refuses because the deployment has moved on is looked at again: somebody else answered, or stopped it, between
   * the look and the answer. A second refusal of the same thing is one.
   */
  async #lookAgain(what: string, refused: Set<string>, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      const code = codeOf(error instanceof SluiceError ? error.cause : error)
      if (!MOVED_ON.has(code) || refused.has(what)) throw error
      refused.add(what)
    }
  }

  async #isHeld(
    revision: string,
    serving: string,
    deployment: Deployment | null,
    target: EcsTarget,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (deployment !== null && isUnderWay(deployment.phase)) return false
    const newest = await this.#reader.definition(target.family, signal)
    return newest?.definition.taskDefinitionArn === revision && isNewer(revision, serving, target)
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
    const definition = described(await this.#definition(part.taskDefinition), target.container)
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
      ...(await this.#output(target, part.taskDefinition, stopped)),
    ]
    return said.length === 0 ? null : `${said.join('; ')} [${image.slice(image.lastIndexOf('/') + 1)}]`
  }

  /** What the last task that failed wrote before it ended. */
  async #output(
    target: EcsTarget,
    taskDefinition: string,
    stopped: readonly Task[],
  ): Promise<readonly string[]> {
    const [last] = failedTasks(stopped, taskDefinition)
    const { definition } = await this.#definition(taskDefinition)
    const main = definition.containerDefinitions?.find(({ name }) => name === target.container)
    return last?.taskArn === undefined || main === undefined ? [] : this.#lastLines(main, last.taskArn)
  }

  /** Only what has all of the traffic can be asked: no address of ours leads to one revision. */
  async #modelTrouble(
    { name, url }: EcsTarget,
    { deployment }: Sighting,
    part: Part,
    { models }: RevisionStatus,
  ): Promise<string | null> {
    const { runtime, system } = this.#context
    const health = system.services[name]?.health
    const settled = part.role === 'starts' || deployment === null || !isUnderWay(deployment.phase)
    if (url === null || health === undefined || models.length === 0 || part.weight !== 100 || !settled)
      return null
    return modelTrouble(runtime.http, new URL(health, url).href, models)
  }

  async #ended(
    target: EcsTarget,
    revision: string,
    phase: Phase,
    reason: string | null,
    signal: AbortSignal,
  ): Promise<SluiceError> {
    const now = await this.#reader.definition(revision, signal)
    // Taken back by us: it is registered no more.
    if (now?.definition.status !== 'ACTIVE') return superseded(target, revision, 'nothing: it was taken back')
    const reasons = reasonsOf(await this.#reader.tasks(target, 'STOPPED', signal), revision)
    const why = [...(reason === null ? [] : [reason]), ...reasons].join('; ')
    const outcome = phase === 'rollback-failed' ? 'rollback-failed' : 'rolled-back'
    return new SluiceError(outcome, 'user', {
      what: `${target.name}: ${ENDS[phase]}${why === '' ? '' : `: ${why}`}`,
      remedy: 'find the cause with "sluice operate logs", mend it, then build and roll out again',
    })
  }

  async #definition(arn: string): Promise<Registered> {
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

  #shifts(target: EcsTarget): boolean {
    return shiftsTraffic(target, this.#context.system.rollout)
  }

  async #target(service: string): Promise<EcsTarget> {
    return ecsTarget(await this.#targets(), service)
  }

  /** A new piece of work on a service ends the one before: what its caller has given up must not act later. */
  async #turn<T>(service: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const mine = new AbortController()
    this.#turns.get(service)?.abort(new Error('another step of the rollout has begun'))
    this.#turns.set(service, mine)
    try {
      return await work(mine.signal)
    } finally {
      if (this.#turns.get(service) === mine) this.#turns.delete(service)
    }
  }

  async #until(what: string, signal: AbortSignal, step: () => Promise<boolean>): Promise<void> {
    const { runtime, system } = this.#context
    const limit = Math.max(system.rollout.timeout, this.pace.patience)
    const ended = await pollUntil(runtime, async () => ((await step()) ? true : undefined), {
      every: EVERY,
      deadline: runtime.clock.now() + limit,
      signal,
    })
    if (ended !== 'timed-out') return
    throw new SluiceError('timed-out', 'service', {
      what: `${what}: ECS was not done within ${limit / 1000} s`,
      remedy: 'see "sluice operate status"',
    })
  }
}

const GIVEN_UP: ReadonlySet<Phase> = new Set([
  'stopping',
  'stopped',
  'rolling-back',
  'rolled-back',
  'rollback-failed',
])
const MOVED_ON = new Set(['InvalidParameterException', 'ClientException', 'ConflictException'])

const ENDS: Readonly<Record<Phase, string>> = {
  pending: 'ECS has not begun its deployment',
  'in-progress': 'its deployment is under way',
  successful: 'its deployment is done',
  stopping: 'somebody stopped its deployment',
  stopped: 'its deployment was stopped',
  'rolling-back': 'ECS is rolling it back',
  'rolled-back': 'ECS rolled it back',
  'rollback-failed': 'ECS could not roll it back',
}

/** May its tasks make it healthy? Until then they are not worth two requests. */
function isFull({ desired, running, role, weight }: Part, deployment: Deployment | null): boolean {
  if (role === 'held' || role === 'ended') return false
  return desired > 0 && running >= desired && (role === 'serves' || weight > 0 || deployment?.pause != null)
}

function fingerprintOf(tags: Registered['tags']): string | undefined {
  return tags.find(({ key }) => key === 'sluice:fingerprint')?.value
}

function noTemplate({ name, template }: EcsTarget): SluiceError {
  return new SluiceError('usage', 'user', {
    what: `there is no task definition ${template}, the template of service ${name}`,
    remedy: 'run "sluice apply" first',
  })
}

function busy({ name }: EcsTarget, by: string, goes: boolean): SluiceError {
  return new SluiceError('locked', 'user', {
    what: `${name}: ${by} is ${goes ? 'rolling out' : 'being rolled back'}`,
    rule: 'a service has one rollout at a time',
    remedy:
      'wait until it is over, see "sluice operate status"; "sluice rollout" takes back what an interrupted one left',
  })
}

function superseded({ name }: EcsTarget, revision: string, by: string): SluiceError {
  return new SluiceError('stale', 'user', {
    what: `${name}: ${revision} is not rolling out; there is ${by}`,
    rule: 'a rollout moves its own revision alone',
    remedy: 'see "sluice operate status"; find out who deploys beside Sluice',
  })
}
