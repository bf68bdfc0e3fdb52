import { externalError, SluiceError } from '../../../../domain/error.ts'
import { budgetOf, budgetText } from '../../../../domain/jobs/budget.ts'
import { ownWorkflowRun } from '../../../../domain/jobs/workflow-run.ts'
import { machineRate } from '../../../../domain/prices/rates.ts'
import { message } from '../../../../runtime/events.ts'
import { jittered, pollUntil } from '../../../../runtime/poll.ts'
import type { JobEngine, JobSpec, JobStatus } from '../../../ports/jobs.ts'
import type { LogLine } from '../../../ports/operations.ts'
import { patience } from '../../patience.ts'
import { isPassing } from '../../trouble.ts'
import type { AwsEngine } from '../by-kind.ts'
import type { JobParts } from '../relay.ts'
import { stepTarget } from '../step-target.ts'
import { conclude, endMachines, endOthers } from './ending.ts'
import { type End, type Judgement, judge, type Machine } from './judge.ts'
import { begunNothing, launch } from './launcher.ts'
import { JOB_TAG } from './machines.ts'
import { MachineOutput } from './output.ts'
import { placementsOf } from './placement.ts'
import type { MachineJob, MachineJobs, Stored } from './record.ts'
import { replace } from './replacement.ts'
import { type Ec2Site, ec2Site } from './site.ts'
import { type MachineTarget, machineTarget } from './target.ts'

/** Whoever has begun a job, or its next machine, has this long before somebody else goes on with it. */
const BEGINNING = 20_000
/** The most that EC2 takes from the request to its effect. */
const STOPPING = 5 * 60_000
const BEAR = { transient: isPassing, inARow: 20 }

const pace = (elapsed: number): number => Math.min(10_000, 1_000 + elapsed / 20)

/**
 * Steps on machines of EC2 of their own. A machine is never started before its killer (promise R32), and only as the record beside the
 * ledger says; it says its life and its end in the step's log group (cdktf/aws/step-agent.ts).
 */
export class Ec2Jobs implements AwsEngine, JobEngine {
  readonly kind = 'ec2-worker'
  readonly #parts: JobParts
  readonly #site: Ec2Site
  readonly #gone = new Map<string, number>()

  constructor(parts: JobParts) {
    this.#parts = parts
    this.#site = ec2Site(parts)
  }

  close(): void {
    this.#site.killer.close()
  }

  async knows(id: string): Promise<boolean> {
    return (await (await this.#site.records()).read(id)) !== undefined
  }

  async start(spec: JobSpec): Promise<void> {
    const { context, targets } = this.#parts
    const { step, id } = spec
    const found = stepTarget(context.system, await targets(), step)
    const target = machineTarget(found.key, found.target)
    const budget = budgetOf(step, machineRate(target.region, target.machines))
    const { clock, log } = context.runtime
    const records = await this.#site.records()
    const now = clock.now()
    const run = ownWorkflowRun(context.runtime.env)
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
      ...(run === undefined ? {} : { run }),
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
      await launch(this.#site, records, target, stored)
    } catch (error) {
      const now = await records.read(stored.record.id).catch(() => undefined)
      const clean = now?.record.machine === null && now.record.launch === 1
      if (begunNothing(error) && clean && (whose === 'own' || now.record.ending === null)) {
        const { region, id } = stored.record
        await this.#site.killer.disarm(id, { region, parts: target.killer }).catch(() => {})
        await records.remove(id).catch(() => {})
      }
      throw error
    }
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
    const first = await this.#site.read(id)
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
        return conclude(this.#site, stored, judgement.status)
      case 'late':
        await endMachines(this.#site, stored, 'timed-out')
        return undefined
      case 'interrupted':
        return replace(this.#site, stored, judgement.spent)
      case 'wait':
        if (record.machine === null && record.ending === null && this.#abandoned(record)) {
          await launch(this.#site, await this.#site.records(), await this.#site.target(record), stored)
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

  async status(id: string): Promise<JobStatus | undefined> {
    const { session, targets } = this.#parts
    const records = await this.#site.records()
    const stored = await records.read(id)
    if (stored === undefined) return undefined
    const output = new MachineOutput(session, targets, stored.record)
    try {
      const look = await this.#look(id, output)
      const { judgement } = look
      if (judgement.kind === 'ended') return await conclude(this.#site, look.stored, judgement.status)
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
    const records = await this.#site.records()
    const first = await records.read(id)
    if (first === undefined) return
    const output = new MachineOutput(session, targets, first.record)
    const look = async (): Promise<true | undefined> => {
      const { stored, judgement } = await this.#look(id, output)
      if (judgement.kind === 'ended') {
        await conclude(this.#site, stored, judgement.status)
        return true
      }
      await endMachines(this.#site, stored, 'stopped')
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
    const first = await this.#site.read(id)
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
    const stored = await this.#site.read(id)
    const { record } = stored
    if (record.end !== undefined) return { stored, judgement: { kind: 'ended', status: record.end } }
    const what = `looking at job ${id}`
    const all = await this.#site.machines.find(record.region, { [JOB_TAG]: id }, what)
    await endOthers(this.#site, record, all)
    const machine = all.find((one) => one.id === record.machine)
    const life = await output.life(record)
    const now = this.#site.machines.now()
    const judgement = judge({ record, machine, life, now, goneSince: this.#goneSince(machine, now) })
    return { stored, judgement }
  }

  #goneSince(machine: Machine | undefined, now: number): number | null {
    if (machine === undefined || machine.state === 'pending' || machine.state === 'running') return null
    const since = this.#gone.get(machine.id) ?? now
    this.#gone.set(machine.id, since)
    return since
  }
}
