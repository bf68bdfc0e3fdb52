import { externalError, SluiceError, usageError } from '../../../../domain/error.ts'
import { formatDuration } from '../../../../domain/quantity.ts'
import { message } from '../../../../runtime/events.ts'
import { jittered, pollUntil } from '../../../../runtime/poll.ts'
import type { JobEngine, JobSpec, JobStatus } from '../../../ports/jobs.ts'
import type { LogLine } from '../../../ports/operations.ts'
import { patience } from '../../patience.ts'
import { openQueryApi } from '../../query.ts'
import { isPassing } from '../../trouble.ts'
import type { AwsEngine } from '../by-kind.ts'
import type { JobParts } from '../relay.ts'
import { stepTarget } from '../step-target.ts'
import { budgetOf, budgetText } from './budget.ts'
import { findCheckpoints, removeCheckpoints } from './checkpoints.ts'
import { type End, type Judgement, judge, type Machine } from './judge.ts'
import { RunKiller } from './killer.ts'
import { begunNothing, checkpointPlace, launch } from './launcher.ts'
import { Ec2Machines, JOB_TAG } from './machines.ts'
import { MachineOutput } from './output.ts'
import { firstOnDemand, placementsOf } from './placement.ts'
import { type MachineJob, type MachineJobs, openMachineJobs, type Stored } from './record.ts'
import { type MachineTarget, machineTarget } from './target.ts'

/** Whoever has begun a job, or its next machine, has this long before somebody else goes on with it. */
const BEGINNING = 20_000
/** The most that EC2 takes from the request to its effect. */
const STOPPING = 5 * 60_000
/** So many times a machine on spot capacity may be taken away; the next one is on demand. */
const INTERRUPTIONS = 3
/** No job has more machines than this, whatever happens to them. */
const MACHINES = 6
/** Less is not worth another machine. */
const SHORTEST = 60_000
const BEAR = { transient: isPassing, inARow: 20 }

const pace = (elapsed: number): number => Math.min(10_000, 1_000 + elapsed / 20)

/**
 * Steps on machines of EC2 of their own. A machine is never started before its killer (promise R32), and only as the record beside the
 * ledger says; it says its life and its end in the step's log group (cdktf/aws/step-agent.ts).
 */
export class Ec2Jobs implements AwsEngine, JobEngine {
  readonly kind = 'ec2-worker'
  readonly #parts: JobParts
  readonly #machines: Ec2Machines
  readonly #killer: RunKiller
  readonly #gone = new Map<string, number>()

  constructor(parts: JobParts) {
    this.#parts = parts
    this.#machines = new Ec2Machines(
      openQueryApi(parts.session, parts.context.runtime),
      parts.session.account,
    )
    this.#killer = new RunKiller(parts.session)
  }

  close(): void {
    this.#killer.close()
  }

  async knows(id: string): Promise<boolean> {
    return (await (await this.#records()).read(id)) !== undefined
  }

  async start(spec: JobSpec): Promise<void> {
    const { context, targets } = this.#parts
    const { step, id } = spec
    const found = stepTarget(context.system, await targets(), step)
    const target = machineTarget(found.key, found.target)
    const budget = budgetOf(step, target.region, target.machines)
    const { clock, log } = context.runtime
    const records = await this.#records()
    const now = clock.now()
    const record: MachineJob = {
      schema: 'sluice.machine-job/v1',
      id,
      key: found.key,
      step: step.name,
      region: target.region,
      image: spec.image,
      env: { ...step.env, ...spec.env },
      lifetime: budget.lifetime,
      claimedAt: now,
      movedAt: now,
      placements: [...placementsOf(target)],
      launch: 1,
      placement: 0,
      resume: [],
      next: 1,
      machine: null,
      spent: 0,
      ending: null,
    }
    const before = await records.read(id)
    if (before === undefined) {
      log.emit(message('notice', `step ${step.name}: ${budgetText(budget, step.retries)}`))
    }
    const claimed = before === undefined ? await records.write(record, null) : 'conflict'
    if (claimed !== 'conflict') return this.#begin(records, target, claimed, 'own')
    const pending = await this.#begun(records, id)
    if (pending !== undefined) await this.#begin(records, target, pending, 'others')
  }

  /** What EC2 refused for good has not begun: the next start begins anew. What somebody else claimed stays theirs. */
  async #begin(records: MachineJobs, target: MachineTarget, stored: Stored, whose: 'own' | 'others') {
    try {
      await this.#launch(records, target, stored)
    } catch (error) {
      const now = await records.read(stored.record.id).catch(() => undefined)
      const clean = now?.record.machine === null && now.record.launch === 1
      if (begunNothing(error) && clean && (whose === 'own' || now.record.ending === null)) {
        const { region, id } = stored.record
        await this.#killer.disarm(id, { region, parts: target.killer }).catch(() => {})
        await records.remove(id).catch(() => {})
      }
      throw error
    }
  }

  #launch(records: MachineJobs, target: MachineTarget, stored: Stored): Promise<Stored> {
    const launcher = { parts: this.#parts, machines: this.#machines, killer: this.#killer }
    return launch(launcher, records, target, stored)
  }

  /** The job as whoever claimed it left it, where they do not go on; undefined where it has its machine or its end. */
  async #begun(records: MachineJobs, id: string): Promise<Stored | undefined> {
    const { runtime } = this.#parts.context
    const look = async (): Promise<{ readonly left: Stored | undefined } | undefined> => {
      const stored = await records.read(id)
      if (stored === undefined) return { left: undefined }
      const { machine, end, ending, movedAt } = stored.record
      if (machine !== null || end !== undefined || ending !== null) return { left: undefined }
      return Math.abs(runtime.clock.now() - movedAt) > BEGINNING ? { left: stored } : undefined
    }
    const deadline = runtime.clock.now() + 2 * BEGINNING
    const { cancelled: signal } = runtime.signals
    const found = await pollUntil(runtime, look, { every: 500, deadline, signal, bear: BEAR })
    return found === 'timed-out' ? records.read(id) : found.found.left
  }

  async wait(id: string): Promise<JobStatus> {
    const { runtime, session, targets } = { ...this.#parts.context, ...this.#parts }
    const begin = runtime.clock.now()
    const first = await this.#read(id)
    const output = new MachineOutput(session, targets, first.record)
    const { bear, relieved } = patience(runtime.clock)
    try {
      for (;;) {
        const end = await this.#watch(id, output, relieved).catch(bear)
        if (end !== undefined) return end
        const pause = jittered(pace(runtime.clock.now() - begin), runtime.random)
        await runtime.clock.sleep(pause, runtime.signals.cancelled)
      }
    } finally {
      output.close()
    }
  }

  /** One look: what it wrote, its end if it has come, and what is to be done about its machine. */
  async #watch(id: string, output: MachineOutput, relieved: () => void): Promise<End | undefined> {
    const { runtime } = this.#parts.context
    const { stored, judgement } = await this.#look(id, output)
    for (const { text } of await output.more(stored.record)) {
      runtime.log.emit({ kind: 'output', source: stored.record.step, line: text })
    }
    const end = await this.#act(stored, judgement)
    relieved()
    return end
  }

  async #act(stored: Stored, judgement: Judgement): Promise<End | undefined> {
    const { record } = stored
    switch (judgement.kind) {
      case 'ended':
        return this.#conclude(stored, judgement.status)
      case 'late':
        await this.#end(stored, 'timed-out')
        return undefined
      case 'interrupted':
        return this.#replace(stored, judgement.spent)
      case 'wait':
        if (record.machine === null && record.ending === null && this.#abandoned(record)) {
          await this.#launch(await this.#records(), await this.#target(record), stored)
        }
        return undefined
      case 'lost':
        throw new SluiceError('cannot-observe', 'service', {
          what: `the machine of job ${record.id} (step ${record.key}) is not known to EC2 any more, and its end was not seen`,
          rule: 'EC2 forgets a machine an hour after its end',
          remedy: 'see what the step wrote with "sluice operate logs", then run train again',
        })
      default:
        return judgement satisfies never
    }
  }

  #abandoned({ movedAt }: MachineJob): boolean {
    return Math.abs(this.#parts.context.runtime.clock.now() - movedAt) > BEGINNING
  }

  /** Another machine goes on from the last complete checkpoint (promise R35), or the job ends. */
  async #replace(stored: Stored, took: number): Promise<End | undefined> {
    const { runtime } = this.#parts.context
    const { record } = stored
    const spent = Math.min(record.lifetime, record.spent + took)
    const times = { startedAt: record.claimedAt, endedAt: Math.max(runtime.clock.now(), record.claimedAt) }
    if (record.lifetime - spent < Math.min(SHORTEST, record.lifetime / 2)) {
      const reason = `not done within ${record.lifetime} ms, over ${record.launch} machines that EC2 took away`
      return this.#conclude(stored, { state: 'timed-out', exitCode: null, reason, ...times })
    }
    if (record.launch >= MACHINES) {
      const reason = `EC2 took away ${record.launch} machines`
      return this.#conclude(stored, { state: 'failed', exitCode: null, reason, ...times })
    }
    const target = await this.#target(record)
    const place = checkpointPlace(target, record.id)
    const resumption =
      place === undefined ? { resume: [], next: 1 } : await findCheckpoints(this.#parts.objects, place)
    const onDemand = record.launch >= INTERRUPTIONS
    const records = await this.#records()
    const next: MachineJob = {
      ...record,
      resume: [...resumption.resume],
      next: resumption.next,
      launch: record.launch + 1,
      placement: onDemand ? Math.max(0, firstOnDemand(record.placements)) : 0,
      machine: null,
      spent,
      movedAt: runtime.clock.now(),
    }
    const kept = await records.write(next, stored.etag)
    // Somebody else has seen it too, and goes on.
    if (kept === 'conflict') return undefined
    const from = resumption.resume.length === 0 ? 'from its beginning' : 'from its last complete checkpoint'
    const left = formatDuration(record.lifetime - spent)
    const text = `step ${record.step}: EC2 took its machine away; another goes on ${from}${onDemand ? ', on demand' : ''} (${left} left)`
    runtime.log.emit(message('warning', text))
    await this.#launch(records, target, kept)
    return undefined
  }

  async status(id: string): Promise<JobStatus | undefined> {
    const { session, targets } = this.#parts
    const records = await this.#records()
    const stored = await records.read(id)
    if (stored === undefined) return undefined
    const output = new MachineOutput(session, targets, stored.record)
    try {
      const look = await this.#look(id, output)
      const { judgement } = look
      if (judgement.kind === 'ended') return await this.#conclude(look.stored, judgement.status)
      if (judgement.kind === 'lost') await this.#act(look.stored, judgement)
      const { state, startedAt } =
        judgement.kind === 'wait' ? judgement : { state: 'running' as const, startedAt: null }
      return { state, startedAt, exitCode: null, reason: null, endedAt: null }
    } finally {
      output.close()
    }
  }

  async stop(id: string): Promise<void> {
    const { runtime, session, targets } = { ...this.#parts.context, ...this.#parts }
    const records = await this.#records()
    const first = await records.read(id)
    if (first === undefined) return
    const output = new MachineOutput(session, targets, first.record)
    const look = async (): Promise<true | undefined> => {
      const { stored, judgement } = await this.#look(id, output)
      if (judgement.kind === 'ended') {
        await this.#conclude(stored, judgement.status)
        return true
      }
      await this.#end(stored, 'stopped')
      return undefined
    }
    // A cancelled run stops its jobs, so the cancel does not end this.
    const deadline = runtime.clock.now() + STOPPING
    const done = await pollUntil(runtime, look, { every: 1_000, deadline, bear: BEAR })
    output.close()
    if (done !== 'timed-out') return
    throw externalError('service', {
      what: `job ${id} does not end ${STOPPING / 60_000} minutes after it was told to`,
      remedy: `look for machines with the tag ${JOB_TAG} = ${id} in EC2; the killer ends them in time`,
    })
  }

  async *logs(id: string): AsyncIterable<LogLine> {
    const { runtime, session, targets } = { ...this.#parts.context, ...this.#parts }
    const first = await this.#read(id)
    const output = new MachineOutput(session, targets, first.record)
    try {
      for (;;) {
        const { stored, judgement } = await this.#look(id, output)
        yield* await output.more(stored.record)
        if (judgement.kind === 'ended' || judgement.kind === 'lost') return
        await runtime.clock.sleep(jittered(1_000, runtime.random), runtime.signals.cancelled)
      }
    } finally {
      output.close()
    }
  }

  async #look(
    id: string,
    output: MachineOutput,
  ): Promise<{ readonly stored: Stored; readonly judgement: Judgement }> {
    const stored = await this.#read(id)
    const { record } = stored
    if (record.end !== undefined) return { stored, judgement: { kind: 'ended', status: record.end } }
    const what = `looking at job ${id}`
    const all = await this.#machines.find(record.region, { [JOB_TAG]: id }, what)
    await this.#endOthers(record, all)
    const machine = all.find((one) => one.id === record.machine)
    const life = await output.life(record)
    const now = this.#machines.now()
    const judgement = judge({ record, machine, life, now, goneSince: this.#goneSince(machine, now) })
    return { stored, judgement }
  }

  /** A machine that is not the job's although it carries its tag: of a start that was overtaken, and killed at that moment. */
  async #endOthers(record: MachineJob, all: readonly Machine[]): Promise<void> {
    if (record.machine === null) return
    for (const { id, state } of all) {
      if (id === record.machine || (state !== 'pending' && state !== 'running')) continue
      await this.#machines.terminate(record.region, id, `ending a second machine of step ${record.key}`)
    }
  }

  #goneSince(machine: Machine | undefined, now: number): number | null {
    if (machine === undefined || machine.state === 'pending' || machine.state === 'running') return null
    const since = this.#gone.get(machine.id) ?? now
    this.#gone.set(machine.id, since)
    return since
  }

  /** Why is written down first; then every machine of the job is ended. Said again at every look until it is so. */
  async #end(stored: Stored, ending: NonNullable<MachineJob['ending']>): Promise<void> {
    const records = await this.#records()
    const { record } = stored
    if (record.ending === null) {
      const movedAt = this.#parts.context.runtime.clock.now()
      if ((await records.write({ ...record, ending, movedAt }, stored.etag)) === 'conflict') return
    }
    const what = `ending job ${record.id}`
    const found = await this.#machines.find(record.region, { [JOB_TAG]: record.id }, what)
    const ids = new Set([...(record.machine === null ? [] : [record.machine]), ...found.map(({ id }) => id)])
    for (const id of ids) {
      const state = found.find((machine) => machine.id === id)?.state
      if (state === 'terminated' || state === 'shutting-down') continue
      await this.#machines.terminate(record.region, id, what)
    }
  }

  /** The machine is gone before its end is written down, and its killer goes last. */
  async #conclude({ record, etag }: Stored, status: End): Promise<End> {
    if (record.end !== undefined) return record.end
    const { objects } = this.#parts
    const { region, id } = record
    if (record.machine !== null) {
      await this.#machines.terminate(region, record.machine, `ending the machine of step ${record.key}`)
    }
    const end = { ...status, startedAt: status.startedAt, endedAt: status.endedAt }
    const kept = await (await this.#records()).write({ ...record, end }, etag)
    if (kept === 'conflict') {
      const other = await this.#read(id)
      if (other.record.end !== undefined) return other.record.end
      throw externalError('service', { what: `job ${id} was changed at its end`, remedy: 'run train again' })
    }
    const target = await this.#target(record)
    await this.#killer.disarm(id, { region, parts: target.killer })
    const place = checkpointPlace(target, id)
    if (place !== undefined && end.state === 'succeeded') await removeCheckpoints(objects, place)
    return end
  }

  async #target({ key }: MachineJob): Promise<MachineTarget> {
    const target = (await this.#parts.targets()).jobs[key]
    if (target !== undefined) return machineTarget(key, target)
    throw usageError({
      what: `step ${key} is not in targets.json any more`,
      remedy: 'run "sluice operate reap" for what still runs of it',
    })
  }

  async #read(id: string): Promise<Stored> {
    const stored = await (await this.#records()).read(id)
    if (stored !== undefined) return stored
    throw usageError({ what: `there is no job ${id}`, rule: 'a job is started before it is waited for' })
  }

  async #records(): Promise<MachineJobs> {
    const { objects, targets } = this.#parts
    return openMachineJobs(objects, (await targets()).ledger)
  }
}
