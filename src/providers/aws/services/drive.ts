import { SluiceError } from '../../../domain/error.ts'
import { codeOf } from '../trouble.ts'
import { type Deployment, isUnderWay, type Phase, revertMove, type ShiftMove } from './deployment.ts'
import { ENDS, superseded } from './ends.ts'
import type { EcsObserver } from './observer.ts'
import type { EcsReader } from './reader.ts'
import { type EcsTarget, familyOf } from './target.ts'
import { reasonsOf } from './trouble.ts'
import type { EcsWriter } from './writer.ts'

export interface DriveParts {
  readonly reader: EcsReader
  readonly writer: EcsWriter
  readonly observer: Pick<EcsObserver, 'output'>
  readonly target: EcsTarget
  readonly signal: AbortSignal
}

/** Brings one deployment on or back, step by step, for as long as one piece of work on its service takes. */
export class Drive {
  readonly #reader: EcsReader
  readonly #writer: EcsWriter
  readonly #observer: Pick<EcsObserver, 'output'>
  readonly #target: EcsTarget
  readonly #signal: AbortSignal
  /** What ECS has refused once already. */
  readonly #refused = new Set<string>()

  constructor({ reader, writer, observer, target, signal }: DriveParts) {
    this.#reader = reader
    this.#writer = writer
    this.#observer = observer
    this.#target = target
    this.#signal = signal
  }

  /** One step of a deployment; true where there is nothing left to do. */
  async follow(move: ShiftMove, deployment: Deployment | null, revision: string): Promise<boolean> {
    switch (move.kind) {
      case 'there':
        return true
      case 'wait':
        return false
      case 'continue':
        await this.#answer(deployment, 'CONTINUE')
        return false
      case 'superseded':
        throw superseded(this.#target, revision, move.by)
      case 'ended':
        throw await this.#ended(revision, move.phase, move.reason)
      default:
        return move satisfies never
    }
  }

  /** One step back; true where ECS is back already. */
  async goBack(revision: string): Promise<boolean> {
    const target = this.#target
    const signal = this.#signal
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
        await this.#answer(deployment, 'ROLLBACK')
        return false
      case 'stop':
        if (alone) await this.#writer.scale(target, 0, signal)
        await this.#lookAgain(`stop ${deployment?.id}`, () =>
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

  #answer(deployment: Deployment | null, action: 'CONTINUE' | 'ROLLBACK'): Promise<void> {
    const { id = '', pause } = deployment ?? {}
    if (pause === null || pause === undefined) return Promise.resolve()
    return this.#lookAgain(pause, () => this.#writer.answer(this.#target, id, pause, action, this.#signal))
  }

  /**
   * What ECS refuses because the deployment has moved on is looked at again: somebody else answered, or stopped it, between
   * the look and the answer. A second refusal of the same thing is one.
   */
  async #lookAgain(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      const code = codeOf(error instanceof SluiceError ? error.cause : error)
      if (!MOVED_ON.has(code) || this.#refused.has(what)) throw error
      this.#refused.add(what)
    }
  }

  async #ended(revision: string, phase: Phase, reason: string | null): Promise<SluiceError> {
    const target = this.#target
    const now = await this.#reader.definition(revision, this.#signal)
    // Taken back by us: it is registered no more.
    if (now?.definition.status !== 'ACTIVE') return superseded(target, revision, 'nothing: it was taken back')
    const tasks = await this.#reader.tasks(target, 'STOPPED', this.#signal)
    const output = await this.#observer.output(target, revision, tasks)
    const why = [...(reason === null ? [] : [reason]), ...reasonsOf(tasks, revision), ...output].join('; ')
    const outcome = phase === 'rollback-failed' ? 'rollback-failed' : 'rolled-back'
    return new SluiceError(outcome, 'user', {
      what: `${target.name}: ${ENDS[phase]}${why === '' ? '' : `: ${why}`}`,
      remedy: 'find the cause with "sluice operate logs", mend it, then build and roll out again',
    })
  }
}

const MOVED_ON = new Set(['InvalidParameterException', 'ClientException', 'ConflictException'])
