import type { Digest } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import { type OpenRun, openRunSchema } from '../../domain/pipeline/record.ts'
import type { JobEngine } from '../../providers/ports/jobs.ts'
import type { ObjectStore } from '../../providers/ports/objects.ts'
import { readStored, type Stored, writeStored } from '../../release/stored.ts'
import type { Clock, Random } from '../../runtime/runtime.ts'

/** The run of a pipeline that is under way. */
export interface Run {
  readonly id: string
  /** It was begun by a command that was killed, or that is still at it. */
  readonly resumed: boolean
  /** Notes an attempt of a step before it is started, so that whoever comes next knows of it. */
  note(job: string, step: string, attempt: number): Promise<void>
  end(): Promise<void>
}

interface RunWorld {
  readonly objects: ObjectStore
  readonly jobs: JobEngine
  readonly clock: Clock
  readonly random: Random
  readonly ledger: string
}

const REMEDY = 'remove it: nothing but the run that is under way stands in it'

/**
 * Begins a run, or goes on with one that asked for the same and was never ended: its jobs are then found again by their
 * ids (promise R33).
 *
 * @throws SluiceError locked, where a run with another request still has a running job.
 */
export async function beginRun(world: RunWorld, pipeline: string, request: Digest): Promise<Run> {
  const { objects, clock, random } = world
  const uri = uriOfRun(world.ledger, pipeline)
  for (;;) {
    const found = await readStored(objects, uri, openRunSchema, REMEDY)
    if (found?.value.state === 'open' && found.value.request === request) {
      return openRun(objects, uri, found, true)
    }
    if (found?.value.state === 'open') await refuseWhileRunning(world.jobs, pipeline, found.value)
    const started = new Date(clock.now()).toISOString()
    const suffix = Buffer.from(random.bytes(4)).toString('hex')
    const value: OpenRun = {
      schema: 'sluice.run/v1',
      run: `${pipeline}-${started.slice(0, 19).replace(/[-:T]/g, '')}-${suffix}`,
      request,
      startedAt: started,
      state: 'open',
      jobs: [],
      ...(found?.value.last === undefined ? {} : { last: found.value.last }),
    }
    const only = found === undefined ? ({ absent: true } as const) : { etag: found.etag }
    const etag = await writeStored(objects, uri, value, only)
    if (etag !== 'conflict') return openRun(objects, uri, { value, etag }, false)
  }
}

/**
 * The jobs of a step's last run, the first attempt first; undefined where no run is known that started it.
 *
 * @param pipeline as sluice.yml names it; `step` as well
 */
export async function lastJobs(
  { objects, ledger }: Pick<RunWorld, 'objects' | 'ledger'>,
  pipeline: string,
  step: string,
): Promise<readonly string[] | undefined> {
  const found = await readStored(objects, uriOfRun(ledger, pipeline), openRunSchema, REMEDY)
  const last = found?.value.last ?? {}
  return Object.hasOwn(last, step) ? last[step] : undefined
}

const uriOfRun = (ledger: string, pipeline: string): string =>
  `${ledger.replace(/\/$/, '')}/runs/${pipeline}.json`

async function refuseWhileRunning(jobs: JobEngine, pipeline: string, other: OpenRun): Promise<void> {
  for (const job of other.jobs) {
    const state = (await jobs.status(job))?.state
    if (state !== 'running' && state !== 'pending') continue
    throw new SluiceError('locked', 'user', {
      what: `run ${other.run} of pipeline ${pipeline} is under way with other options: job ${job} is ${state}`,
      rule: 'a pipeline has one run at a time',
      remedy: 'wait for it, or give the same options to follow it',
    })
  }
}

function openRun(objects: ObjectStore, uri: string, first: Stored<OpenRun>, resumed: boolean): Run {
  const { run } = first.value
  let turn: Promise<unknown> = Promise.resolve()
  const change = (edit: (value: OpenRun) => OpenRun): Promise<void> => {
    const work = turn.then(async () => {
      for (;;) {
        const now = await readStored(objects, uri, openRunSchema, REMEDY)
        // Another command began a run since: this one is no longer the one that is under way.
        if (now === undefined || now.value.run !== run) return
        const etag = await writeStored(objects, uri, edit(now.value), { etag: now.etag })
        if (etag !== 'conflict') return
      }
    })
    turn = work.catch(() => {})
    return work
  }
  return {
    id: run,
    resumed,
    note: (job, step, attempt) =>
      change((value) => {
        const before = attempt === 1 ? [] : (value.last?.[step] ?? [])
        const last = { ...value.last, [step]: [...new Set([...before, job])] }
        return { ...value, jobs: [...new Set([...value.jobs, job])], last }
      }),
    end: () => change((value) => ({ ...value, state: 'ended', jobs: [] })),
  }
}
