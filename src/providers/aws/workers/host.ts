import {
  type Digest,
  digestOfValue,
  type ImageReference,
  parseImageReference,
} from '../../../domain/digest.ts'
import { externalError, SluiceError } from '../../../domain/error.ts'
import { WORK_ENDS } from '../../../domain/releases/released-workers.ts'
import type { System } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { Turns } from '../../../runtime/turns.ts'
import type {
  HostPace,
  RevisionSpec,
  RevisionStatus,
  ServiceHost,
  ServiceStatus,
} from '../../ports/services.ts'
import type { Fleet } from './fleet.ts'
import type { AwsWorkers } from './images.ts'
import { neverTook, type Undone } from './left-aside.ts'
import {
  type Move,
  type Run,
  revertMove,
  settleMove,
  shiftMove,
  stageMove,
  type WorkerRecord,
} from './moves.ts'
import type { WorkerRecords } from './records.ts'
import type { Reports } from './reports.ts'

export interface WorkerHostParts {
  readonly runtime: Pick<Runtime, 'clock' | 'random' | 'log'>
  readonly system: Pick<System, 'workers'>
  readonly images: Pick<AwsWorkers, 'read' | 'text' | 'write' | 'renew'>
  readonly fleet: Pick<Fleet, 'crews' | 'machines'>
  readonly reports: Pick<Reports, 'last'>
  readonly records: WorkerRecords
}

/** Milliseconds that machines may take beside the end of their work: images of models are large. */
const RENEWING = 20 * 60_000
/** Milliseconds in which a machine that boots has its agent up. */
const SILENT = 3 * 60_000

/**
 * Workers as a part of releases. A worker's image is a parameter that its machines ask for at every boot; a release writes it, and those
 * that run end their work and begin again in place. There is no place beside what works: a release waits until it gets all of the
 * traffic, and then every machine says which image it runs.
 */
export class WorkerHost implements ServiceHost {
  readonly pace: HostPace = { every: 5_000, patience: RENEWING }
  readonly #parts: WorkerHostParts
  readonly #turns = new Turns()

  constructor(parts: WorkerHostParts) {
    this.#parts = parts
  }

  async describe(service: string): Promise<ServiceStatus> {
    const { images, records } = this.#parts
    const pinned = await images.read(service)
    const { serving, staged } = (await records.read(service)) ?? (await this.#fresh(service))
    const moved = staged?.moved === true
    const ours = [serving?.image, staged?.image]
    // Somebody else's image is told as what it is; between the record and the parameter it is one of ours.
    const foreign = pinned !== undefined && !ours.includes(pinned) ? pinned : undefined
    const revisions: RevisionStatus[] = []
    if (serving !== null) revisions.push(revisionOf(serving, moved ? 0 : 100, foreign))
    if (staged !== null) {
      const told = moved && (pinned === staged.image || foreign !== undefined)
      revisions.push({
        ...revisionOf(staged, moved ? 100 : 0, moved ? foreign : undefined),
        staged: true,
        ...(told ? {} : { held: true as const }),
      })
    }
    const state = staged !== null ? 'rolling' : serving !== null ? 'running' : 'absent'
    return { service, state, url: null, revisions }
  }

  stage({ service, image, release }: RevisionSpec): Promise<string> {
    return this.#turns.take(service.name, async () => {
      const run: Run = { id: idOf(image, release), image, release, at: this.#parts.runtime.clock.now() }
      await this.#move(service.name, (now) => stageMove(now, run), busy)
      return run.id
    })
  }

  shift(service: string, revision: string, percent: number): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      if (percent < 100) return
      await this.#move(service, (now) => shiftMove(now, revision), superseded)
      const record = await this.#parts.records.read(service)
      const run = record?.staged ?? record?.serving
      if (run?.id === revision) await this.#run(service, run.image, { signal })
    })
  }

  settle(service: string, revision: string): Promise<void> {
    return this.#turns.take(service, () =>
      this.#move(service, (now) => settleMove(now, revision), superseded),
    )
  }

  revert(service: string, revision: string): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      const now = await this.#parts.records.read(service)
      if (now?.staged?.id === revision && now.staged.moved) {
        if (now.serving === null) await this.#parts.images.write(service, now.first)
        else await this.#run(service, now.serving.image, { signal, undone: now.staged })
      }
      await this.#move(service, (record) => revertMove(record, revision), superseded)
    })
  }

  /**
   * The parameter says it, and every machine that is there runs it (promise R23). On the way back of a release a machine that nobody reaches
   * and that never took it is said, and not waited for: what is to be undone did not come there.
   */
  async #run(
    worker: string,
    image: ImageReference,
    { signal, undone }: { readonly signal: AbortSignal; readonly undone?: Undone },
  ): Promise<void> {
    const { runtime, system, images, fleet, reports } = this.#parts
    if ((await images.text(worker)) !== image) {
      // A step that was given up must not write over the one that came after it.
      signal.throwIfAborted()
      await images.write(worker, image)
    }
    const crew = (await fleet.crews()).find((one) => one.worker === worker)
    if (crew === undefined) return
    const drain = system.workers[worker]?.stopTimeout ?? WORK_ENDS
    const { clock, log } = runtime
    /** Machines that no look has reached yet, and when each was missed first. */
    let missed: ReadonlyMap<string, number> = new Map()
    const look = async (): Promise<true | undefined> => {
      const machines = await fleet.machines(crew, ['pending', 'running'])
      if (machines.length === 0) return true
      const renewed = new Set(await images.renew(worker, image, drain, machines.length))
      const silent = machines.filter(({ id }) => !renewed.has(id))
      const aside: string[] = []
      if (undone !== undefined) {
        for (const machine of silent) {
          if (neverTook(machine, await reports.last(crew, machine.id), undone)) aside.push(machine.id)
        }
      }
      const waited = silent.map(({ id }) => id).filter((id) => !aside.includes(id))
      const now = clock.now()
      missed = new Map(waited.map((id) => [id, missed.get(id) ?? now]))
      const late = waited.filter((id) => now - (missed.get(id) ?? now) >= SILENT)
      if (late.length > 0) throw unreached(worker, late)
      if (waited.length > 0) return undefined
      if (aside.length > 0) log.emit(message('warning', leftAside(worker, aside)))
      return true
    }
    const deadline = clock.now() + drain + RENEWING
    const ended = await pollUntil(runtime, look, { every: 10_000, deadline, signal })
    if (ended === 'timed-out')
      throw unreached(worker, missed.size > 0 ? [...missed.keys()] : ['its machines'])
  }

  async #fresh(worker: string): Promise<WorkerRecord> {
    const first = await this.#parts.images.text(worker)
    const isImage = parseImageReference(first) !== undefined
    const image = first as ImageReference
    return {
      first,
      staged: null,
      serving: isImage ? { id: idOf(image, null), image, release: null, at: 0 } : null,
    }
  }

  async #move(
    worker: string,
    decide: (now: WorkerRecord) => Move,
    refusal: (worker: string, by: string) => SluiceError,
  ): Promise<void> {
    const move = await this.#parts.records.move(worker, () => this.#fresh(worker), decide)
    if (move.kind === 'busy') throw refusal(worker, move.by)
  }
}

const idOf = (image: ImageReference, release: Digest | null): string => digestOfValue({ image, release })

/** One unit, as the alias of a function is: how many machines there are is their own matter. */
function revisionOf(
  { id, image, release, at }: Run,
  weight: number,
  foreign: ImageReference | undefined,
): RevisionStatus {
  const runs = weight > 0 ? (foreign ?? image) : image
  return {
    id,
    release,
    image: runs,
    models: [],
    weight,
    desired: 1,
    running: 1,
    healthy: true,
    trouble: null,
    createdAt: at,
  }
}

function unreached(worker: string, machines: readonly string[]): SluiceError {
  return externalError('user', {
    what: `worker ${worker}: Session Manager does not reach ${machines.join(', ')}, so it is not known what runs there`,
    rule: 'a worker is released when every machine of it runs the image',
    remedy: 'end these machines: the next ones run what was released last',
  })
}

const leftAside = (worker: string, machines: readonly string[]): string =>
  `worker ${worker}: Session Manager does not reach ${machines.join(', ')}; this release never came there, so it goes back without; end what does not answer`

function busy(worker: string, by: string): SluiceError {
  return new SluiceError('locked', 'user', {
    what: `worker ${worker}: ${by} is rolling out`,
    rule: 'a worker has one rollout at a time',
    remedy: 'wait until it is over; "sluice rollout" takes back what an interrupted one left',
  })
}

function superseded(worker: string, by: string): SluiceError {
  return new SluiceError('stale', 'user', {
    what: `worker ${worker}: it is at ${by}, and this release is not on its way`,
    rule: 'a rollout moves its own release alone',
    remedy: 'see "sluice operate status"; find out who deploys beside Sluice',
  })
}
