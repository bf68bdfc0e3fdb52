import { SluiceError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import { Turns } from '../../../runtime/turns.ts'
import { nextLook } from '../../../runtime/watch-pace.ts'
import type { HostPace, RevisionSpec, ServiceHost, ServiceStatus } from '../../ports/services.ts'
import type { ProviderContext } from '../../provider.ts'
import { type Balanced, balancedAt } from './balanced.ts'
import { type Deployment, isUnderWay, settleMove, shiftMove } from './deployment.ts'
import { Drive } from './drive.ts'
import { busy, noTemplate, superseded } from './ends.ts'
import { Glances } from './glances.ts'
import type { LastLines } from './last-lines.ts'
import { EcsObserver } from './observer.ts'
import { ecsPace } from './pace.ts'
import type { EcsReader, Sighting } from './reader.ts'
import { type Registered, releaseDefinition } from './revision.ts'
import { sidecarImages } from './sidecars.ts'
import { isNewer } from './status.ts'
import { shiftsTraffic } from './strategy.ts'
import { type EcsTarget, ecsTarget, familyOf } from './target.ts'
import type { EcsWriter } from './writer.ts'

/** Milliseconds between two looks while a method waits for ECS: what is quick is noticed soon, what is not is asked for rarely. */
const every = (elapsed: number): number => Math.min(5_000, 1_000 + elapsed / 5)

/** Services on ECS. Its deployments are driven through their pauses; what is told comes from ECS alone, never from memory. */
export class EcsServices implements ServiceHost {
  readonly pace: HostPace
  readonly #context: ProviderContext
  readonly #reader: EcsReader
  readonly #writer: EcsWriter
  readonly #targets: () => Promise<Targets>
  readonly #glances: Glances
  readonly #observer: EcsObserver
  readonly #turns = new Turns()

  constructor(
    context: ProviderContext,
    reader: EcsReader,
    writer: EcsWriter,
    targets: () => Promise<Targets>,
    lastLines: LastLines = async () => [],
  ) {
    this.#context = context
    this.#glances = new Glances(reader, context.runtime.clock)
    this.#observer = new EcsObserver(context, reader, this.#glances, lastLines)
    this.pace = ecsPace(context.runtime.env)
    this.#reader = reader
    this.#writer = writer
    this.#targets = targets
  }

  async describe(service: string, awaited?: string): Promise<ServiceStatus> {
    const target = await this.#target(service)
    const rolls = !this.#shifts(target)
    return awaited === undefined
      ? this.#observer.describe(target, rolls)
      : this.#observer.await(target, rolls, awaited)
  }

  /** Where the requests of a revision are counted; undefined where they are not told from those of another. */
  async balanced(service: string, revision: string): Promise<Balanced | undefined> {
    const target = await this.#target(service)
    const { deployment } = await this.#reader.look(target)
    if (deployment === null) return undefined
    const shares = [deployment.target, ...deployment.sources].filter(({ arn }) => arn !== '')
    const places: [string, Balanced | undefined][] = []
    for (const { arn, taskDefinition } of shares) {
      places.push([taskDefinition, balancedAt(await this.#reader.revision(target, arn))])
    }
    const ours = places.find(([taskDefinition]) => taskDefinition === revision)?.[1]
    const isShared = places.some(
      ([other, place]) => other !== revision && place?.targetGroup === ours?.targetGroup,
    )
    return isShared ? undefined : ours
  }

  stage(spec: RevisionSpec, given?: AbortSignal): Promise<string> {
    const work = async (signal: AbortSignal): Promise<string> => {
      const target = await this.#target(spec.service.name)
      this.#glances.forget(target)
      const sighting = await this.#reader.look(target, signal)
      const sidecars = spec.sidecars ?? (await sidecarImages(this.#context, spec.service))
      const template = await this.#reader.newest(target.template, signal)
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
      const newest = await this.#reader.newest(target.family, signal)
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
          : await this.#register(target, wanted, signal)
      // Where ECS replaces copies there is no place beside what serves: the copies come with the traffic.
      if (shifts) {
        await this.#deploy(target, sighting, revision, signal)
      }
      return revision
    }
    return this.#turns.take(spec.service.name, work, given)
  }

  shift(service: string, revision: string, percent: number, usual: readonly number[] = []): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      const target = await this.#target(service)
      const drive = this.#drive(target, signal)
      this.#glances.forget(target)
      const { frugal = false } = this.pace
      // Where ECS replaces copies the whole deployment is one shift.
      const pace = (elapsed: number): number =>
        usual.length === 0 || this.#shifts(target)
          ? every(elapsed)
          : nextLook(elapsed, { past: usual, frugal })
      await this.#until(`shifting ${service} to ${percent} %`, signal, pace, async () => {
        const sighting = await this.#glances.glance(target, signal)
        const { deployment, serving } = sighting
        if (!this.#shifts(target) && deployment?.target.taskDefinition !== revision) {
          if (await this.#isHeld(revision, serving, deployment, target, signal)) {
            if (percent < 100) return true
            await this.#deploy(target, sighting, revision, signal)
            return false
          }
        }
        const move = shiftMove(deployment, revision, percent)
        return drive.follow(move, deployment, revision)
      })
      this.#glances.ended(target, revision)
    })
  }

  settle(service: string, revision: string): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      const target = await this.#target(service)
      const drive = this.#drive(target, signal)
      this.#glances.forget(target)
      await this.#until(`settling ${service}`, signal, every, async () => {
        const { deployment } = await this.#glances.glance(target, signal)
        const move = settleMove(deployment, revision)
        if (move.kind === 'too-early') throw superseded(target, revision, `itself at ${move.weight} %`)
        return drive.follow(move, deployment, revision)
      })
      this.#glances.ended(target, revision)
    })
  }

  revert(service: string, revision: string): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      const target = await this.#target(service)
      const drive = this.#drive(target, signal)
      this.#glances.forget(target)
      await this.#until(`reverting ${service}`, signal, every, () => drive.goBack(revision))
      await this.#writer.retire(target, revision, signal)
    })
  }

  async #deploy(
    target: EcsTarget,
    { serving, service: was }: Sighting,
    revision: string,
    signal: AbortSignal,
  ): Promise<void> {
    const first = familyOf(serving) === target.template
    const answer = await this.#writer.deploy(target, revision, first ? target.copies : undefined, signal)
    this.#glances.begun(target, answer, revision, { was, weight: this.#shifts(target) ? 0 : null })
  }

  async #register(
    target: EcsTarget,
    wanted: Parameters<EcsWriter['register']>[1],
    signal: AbortSignal,
  ): Promise<string> {
    const registered = await this.#writer.register(target, wanted, signal)
    this.#reader.requireBeside(target, registered.arn)
    this.#observer.remember(registered)
    return registered.arn
  }

  async #isHeld(
    revision: string,
    serving: string,
    deployment: Deployment | null,
    target: EcsTarget,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (deployment !== null && isUnderWay(deployment.phase)) return false
    const newest = await this.#reader.newest(target.family, signal)
    return newest?.definition.taskDefinitionArn === revision && isNewer(revision, serving, target)
  }

  #drive(target: EcsTarget, signal: AbortSignal): Drive {
    return new Drive({ reader: this.#reader, writer: this.#writer, observer: this.#observer, target, signal })
  }

  #shifts(target: EcsTarget): boolean {
    return shiftsTraffic(target, this.#context.system.rollout)
  }

  async #target(service: string): Promise<EcsTarget> {
    return ecsTarget(await this.#targets(), service)
  }

  async #until(
    what: string,
    signal: AbortSignal,
    pause: (elapsed: number) => number,
    step: () => Promise<boolean>,
  ): Promise<void> {
    const { runtime, system } = this.#context
    const limit = Math.max(system.rollout.timeout, this.pace.patience)
    const ended = await pollUntil(runtime, async () => ((await step()) ? true : undefined), {
      every: pause,
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

function fingerprintOf(tags: Registered['tags']): string | undefined {
  return tags.find(({ key }) => key === 'sluice:fingerprint')?.value
}
