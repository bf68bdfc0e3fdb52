import { digestOfValue, hexOf, type ImageReference } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { Step } from '../../domain/system/step.ts'
import type { JobEngine, JobStatus } from '../../providers/ports/jobs.ts'
import { message } from '../../runtime/events.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Run } from './open-run.ts'

export interface StepJob {
  /** Of which the step is one; absent for work that no pipeline has. */
  readonly pipeline?: string
  readonly step: Step
  readonly image: ImageReference
  readonly env: Readonly<Record<string, string>>
  readonly fingerprint: string
}

/** Lines of a failed job that stand in the error. */
const TAIL = 15
/** A runner kills what has not ended 7.5 s after the cancel; half a second is left for the result. */
const STOP_WITHIN = 7000

/** The same run, step, circumstances and attempt give the same job: found again, never started twice (promise R33). */
export function jobId(run: string, step: string, fingerprint: string, attempt: number): string {
  return `${step.slice(0, 40)}-${hexOf(digestOfValue({ run, step, fingerprint, attempt })).slice(0, 16)}`
}

/**
 * Runs a step's job to success, with the retries that the step allows. Returns the number of attempts.
 *
 * @throws SluiceError external with the last lines, where the command failed; timed-out; cancelled.
 */
export async function runJob(
  runtime: Pick<Runtime, 'clock' | 'log' | 'signals'>,
  jobs: JobEngine,
  run: Pick<Run, 'id' | 'note'>,
  job: StepJob,
): Promise<number> {
  const { step, image, env, fingerprint } = job
  for (let attempt = 1; ; attempt++) {
    runtime.signals.cancelled.throwIfAborted()
    const id = jobId(run.id, step.name, fingerprint, attempt)
    await run.note(id, step.name, attempt)
    await jobs.start({ id, step, image, env })
    const status = await endOf(runtime, jobs, step, id)
    if (status.state === 'succeeded') return attempt
    if (attempt > step.retries) throw await failure(jobs, job, id, status)
    const left = step.retries + 1 - attempt
    const text = `step ${step.name}: ${status.reason ?? status.state}; it is tried again (${left} left)`
    runtime.log.emit(message('warning', text))
  }
}

async function endOf(
  { clock, signals }: Pick<Runtime, 'clock' | 'signals'>,
  jobs: JobEngine,
  step: Step,
  id: string,
): Promise<JobStatus> {
  const aborted = cancellation(signals.cancelled)
  const ended = jobs.wait(id)
  ended.catch(() => {}) // after a cancel nobody asks for it any more
  try {
    const status = await Promise.race([ended, aborted.seen])
    if (status !== 'cancelled') return status
  } finally {
    aborted.forget()
  }
  const timer = new AbortController()
  const stopped = await Promise.race([
    jobs.stop(id).then(() => true),
    clock.sleep(STOP_WITHIN, timer.signal).then(
      () => false,
      () => true,
    ),
  ])
  timer.abort()
  const what = stopped
    ? `cancelled while step ${step.name} ran; its job was stopped`
    : `cancelled, but job ${id} of step ${step.name} has not ended yet`
  throw new SluiceError('cancelled', 'user', {
    what,
    ...(stopped ? {} : { remedy: 'run train again to follow it' }),
  })
}

function cancellation(signal: AbortSignal): { seen: Promise<'cancelled'>; forget: () => void } {
  let listener = (): void => {}
  const seen = new Promise<'cancelled'>((resolve) => {
    listener = () => resolve('cancelled')
    if (signal.aborted) listener()
    else signal.addEventListener('abort', listener, { once: true })
  })
  return { seen, forget: () => signal.removeEventListener('abort', listener) }
}

async function failure(
  jobs: JobEngine,
  { step, pipeline }: StepJob,
  id: string,
  status: JobStatus,
): Promise<SluiceError> {
  const tail: string[] = []
  for await (const { text } of jobs.logs(id)) {
    tail.push(text)
    if (tail.length > TAIL) tail.shift()
  }
  const lines = tail.length === 0 ? ' and wrote nothing' : `:\n${tail.map((line) => `  ${line}`).join('\n')}`
  const what = `step ${step.name} ${verb(status)}${lines}`
  const see =
    pipeline === undefined
      ? `see what step ${step.name} wrote`
      : `see all that it wrote with "sluice operate logs --service ${pipeline}.${step.name}"`
  const remedy = `${see}, then run train again: steps that succeeded are not repeated`
  if (status.state === 'timed-out') {
    const rule = `pipelines.${pipeline ?? '*'}.steps.${step.name}.timeout`
    return new SluiceError('timed-out', 'user', { what, rule, remedy })
  }
  return new SluiceError('external', 'user', { what, remedy })
}

function verb({ state, reason }: JobStatus): string {
  if (state === 'stopped') return 'was stopped'
  return `${state === 'timed-out' ? 'timed out' : 'failed'}${reason === null ? '' : ` (${reason})`}`
}
