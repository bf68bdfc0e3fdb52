import { SluiceError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/targets.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { HostPace, RevisionSpec, ServiceHost, ServiceStatus } from '../../ports/services.ts'
import type { ProviderContext } from '../../provider.ts'
import { codeOf } from '../trouble.ts'
import {
  type Deployment,
  isUnderWay,
  type Phase,
  revertMove,
  type ShiftMove,
  settleMove,
  shiftMove,
} from './deployment.ts'
import { busy, ENDS, noTemplate, superseded } from './ends.ts'
import type { LastLines } from './last-lines.ts'
import { EcsObserver } from './observer.ts'
import { ecsPace } from './pace.ts'
import type { EcsReader } from './reader.ts'
import { type Registered, releaseDefinition } from './revision.ts'
import { sidecarImages } from './sidecars.ts'
import { isNewer } from './status.ts'
import { shiftsTraffic } from './strategy.ts'
import { type EcsTarget, ecsTarget, familyOf } from './target.ts'
import { reasonsOf } from './trouble.ts'
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
  readonly #observer: EcsObserver
  readonly #turns = new Map<string, AbortController>()

  constructor(
    context: ProviderContext,
    reader: EcsReader,
    writer: EcsWriter,
    targets: () => Promise<Targets>,
    lastLines: LastLines = async () => [],
  ) {
    this.#context = context
    this.#observer = new EcsObserver(context, reader, lastLines)
    this.pace = ecsPace(context.runtime.env)
    this.#reader = reader
    this.#writer = writer
    this.#targets = targets
  }

  async describe(service: string): Promise<ServiceStatus> {
    const target = await this.#target(service)
    return this.#observer.describe(target, !this.#shifts(target))
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
        if (goes && isWanted(await this.#observer.definition(taskDefinition))) return taskDefinition
        throw busy(target, taskDefinition, goes)
      }
      if (familyOf(serving) === target.family && isWanted(await this.#observer.definition(serving)))
        return serving
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
        return this.#follow(move, target, deployment, refused, revision, signal)
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
        if (move.kind === 'too-early') throw superseded(target, revision, `itself at ${move.weight} %`)
        return this.#follow(move, target, deployment, refused, revision, signal)
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

  /** One step of a deployment; true where there is nothing left to do. */
  async #follow(
    move: ShiftMove,
    target: EcsTarget,
    deployment: Deployment | null,
    refused: Set<string>,
    revision: string,
    signal: AbortSignal,
  ): Promise<boolean> {
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

const MOVED_ON = new Set(['InvalidParameterException', 'ClientException', 'ConflictException'])

function fingerprintOf(tags: Registered['tags']): string | undefined {
  return tags.find(({ key }) => key === 'sluice:fingerprint')?.value
}
