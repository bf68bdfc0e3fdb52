import type { BatchClient, JobDefinition, JobDetail, JobSummary } from '@aws-sdk/client-batch'
import { usageError } from '../../../domain/error.ts'
import { batchRate } from '../../../domain/prices/batch.ts'
import type { Rate } from '../../../domain/prices/rates.ts'
import { jittered } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { patience } from '../patience.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, isThrottled } from '../trouble.ts'
import { batchRunDefinition, isRegistered, runName } from './batch-definition.ts'
import { batchStatus, partName, waitsSince } from './batch-status.ts'
import { jobName, submission } from './batch-submission.ts'
import type { JobRecord, OutputPlace } from './job-record.ts'
import type { JobOrder, JobPlatform, Seen, StartedJob, Where } from './platform.ts'
import { waitOf } from './standing.ts'

/** A queue may take so long to start machines of a wanted kind; then nobody has any. */
const PLACING = 60 * 60_000
/** A job whose submission was not answered shows itself within so long, if it was taken. */
const SHOWS = 10_000
/** Parts of a job whose output is shown and whose failure is looked for; Batch describes 100 at once. */
const PARTS = 100
/** https://docs.aws.amazon.com/batch/latest/APIReference/API_RetryStrategy.html */
const MOST_ATTEMPTS = 10

/**
 * Jobs of AWS Batch: one container, an array of them, or the same one on several nodes. Batch has no token against a second
 * submission (https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html), so every job is named after its id:
 * a submission that was not answered is looked for before it is repeated, and of two jobs by chance the first one counts.
 */
export class BatchJobs implements JobPlatform<'batch-job'> {
  readonly traits = {
    kind: 'batch-job',
    name: 'AWS Batch',
    memory: 'Batch forgets a job seven days after its end',
    placing: PLACING,
  } as const
  readonly #session: AwsSession
  readonly #runtime: Pick<Runtime, 'clock' | 'random' | 'signals'>
  #opened: Promise<BatchClient> | undefined
  /** Asks once, however it is answered. */
  #submitting: Promise<BatchClient> | undefined

  constructor(session: AwsSession, runtime: Pick<Runtime, 'clock' | 'random' | 'signals'>) {
    this.#session = session
    this.#runtime = runtime
  }

  close(): void {
    for (const opened of [this.#opened, this.#submitting]) {
      void opened?.then((batch) => batch.destroy()).catch(() => {})
    }
  }

  /** Batch starts again what lost its machine, up to once a retry, and holds the time of each attempt alone; so all of them count. */
  rate({ step, target }: JobOrder<'batch-job'>): Rate {
    const { nodes, array = 1, retries } = step
    const { hourly, of } = batchRate(target.region, step, nodes * array)
    const attempts = Math.min(MOST_ATTEMPTS, retries + 1)
    return { hourly: hourly === undefined ? undefined : hourly * attempts, of }
  }

  async prepare({ step, target, image }: JobOrder<'batch-job'>): Promise<Where> {
    const what = `preparing step ${step.name}`
    const { definition: name, queue } = target
    const template = await this.#newest(what, name)
    if (template === undefined) throw noTemplate(step.name, name)
    const wanted = batchRunDefinition(template, image)
    const newest = await this.#newest(what, runName(name))
    if (newest?.jobDefinitionArn !== undefined && isRegistered(newest, wanted)) {
      return { definition: newest.jobDefinitionArn, queue }
    }
    const { jobDefinitionArn = '' } = await this.#ask(
      what,
      'batch:RegisterJobDefinition',
      name,
      (api, batch, call) => batch.send(new api.RegisterJobDefinitionCommand(wanted), call),
    )
    return { definition: jobDefinitionArn, queue }
  }

  async run(order: JobOrder<'batch-job'>, { definition = '', queue = '' }: Where): Promise<string> {
    const { clock, random, signals } = this.#runtime
    const { bear } = patience(clock)
    for (let attempt = 0; ; attempt++) {
      try {
        const submitted = await this.#submit(order, definition)
        return (await this.#first(queue, order.id)) ?? submitted
      } catch (error) {
        bear(error)
        if (!isThrottled(error)) {
          const found = await this.#shown(queue, order.id)
          if (found !== undefined) return found
        }
        await clock.sleep(
          jittered(Math.min(15_000, 1_000 * 2 ** Math.min(attempt, 4)), random),
          signals.cancelled,
        )
      }
    }
  }

  find({ id, where: { queue = '' } }: JobRecord): Promise<string | undefined> {
    return this.#first(queue, id)
  }

  async look({ task, timeout, id }: StartedJob): Promise<Seen | undefined> {
    const what = `looking at job ${id}`
    const [job] = await this.#describe(what, [task])
    if (job === undefined) return undefined
    const parts = await this.#parts(what, job)
    const deciding = decides(parts)
    const since = waitsSince(job)
    const status = batchStatus(job, deciding ?? job, timeout)
    return {
      status,
      outputs: [job, ...parts].flatMap(outputOf),
      ...(since === undefined ? {} : { waitsSince: since }),
      ...waitOf(status.startedAt, job.createdAt),
    }
  }

  async stop({ id, task }: StartedJob, reason: string): Promise<void> {
    // What has ended already is answered like what ends now.
    await this.#ask(`stopping job ${id}`, 'batch:TerminateJob', task, (api, batch, call) =>
      batch.send(new api.TerminateJobCommand({ jobId: task, reason }), call),
    )
  }

  async #submit(order: JobOrder<'batch-job'>, definition: string): Promise<string> {
    const { call } = this.#session
    const input = submission(order, definition)
    try {
      const api = await import('../sdk/batch.ts')
      // The SDK would repeat a submission whose answer was lost, and there would be two.
      const settings = { ...settingsFor(this.#session, 'BATCH'), maxAttempts: 1 }
      this.#submitting ??= Promise.resolve(new api.BatchClient(settings))
      const { jobId = '' } = await (await this.#submitting).send(new api.SubmitJobCommand(input), call)
      return jobId
    } catch (error) {
      call.abortSignal.throwIfAborted()
      const need = { action: 'batch:SubmitJob', resource: order.target.queue }
      throw callTrouble(`starting step ${order.step.name}`, need, error)
    }
  }

  /** What a submission left of which no answer came; it may take a moment until lists show it. */
  async #shown(queue: string, id: string): Promise<string | undefined> {
    const { clock, signals } = this.#runtime
    const until = clock.now() + SHOWS
    for (;;) {
      const found = await this.#first(queue, id)
      if (found !== undefined || clock.now() >= until) return found
      await clock.sleep(2_000, signals.cancelled)
    }
  }

  /** The first job of this name; others that stand beside it are ended. */
  async #first(queue: string, id: string): Promise<string | undefined> {
    const name = jobName(id)
    const filters = [{ name: 'JOB_NAME', values: [name] }]
    const all = (await this.#list(`looking for job ${id}`, { jobQueue: queue, filters })).filter(
      // Names are matched without regard to case: https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
      (one) => one.jobName === name,
    )
    const [first, ...others] = all.toSorted(
      (a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0) || ((a.jobId ?? '') < (b.jobId ?? '') ? -1 : 1),
    )
    for (const { jobId, status } of others) {
      if (jobId === undefined || status === 'SUCCEEDED' || status === 'FAILED') continue
      await this.#ask(`ending a second job ${id}`, 'batch:TerminateJob', jobId, (api, batch, call) =>
        batch.send(new api.TerminateJobCommand({ jobId, reason: 'sluice: submitted twice' }), call),
      )
    }
    return first?.jobId
  }

  /** The nodes of a job on several; of an array the children that failed, else those that have begun. */
  async #parts(what: string, { jobId = '', nodeProperties, arrayProperties, status }: JobDetail) {
    if (nodeProperties !== undefined) {
      const numbers = Array.from({ length: nodeProperties.numNodes ?? 0 }, (_, index) => index)
      return this.#describe(
        what,
        numbers.map((index) => `${jobId}#${index}`),
      )
    }
    const { size = 0, statusSummary = {} } = arrayProperties ?? {}
    if (size === 0) return []
    const wanted = ['FAILED', 'RUNNING', 'SUCCEEDED'] as const
    const found: string[] = []
    for (const jobStatus of wanted) {
      // A summary may be missing or behind; of an end every state is looked at.
      const some = (statusSummary[jobStatus] ?? 0) > 0 || status === 'FAILED' || status === 'SUCCEEDED'
      if (!some || found.length >= PARTS) continue
      const children = await this.#list(what, { arrayJobId: jobId, jobStatus })
      found.push(...children.flatMap((child) => (child.jobId === undefined ? [] : [child.jobId])))
    }
    return this.#describe(what, found.slice(0, PARTS))
  }

  async #list(
    what: string,
    query: {
      jobQueue?: string
      arrayJobId?: string
      jobStatus?: 'FAILED' | 'RUNNING' | 'SUCCEEDED'
      filters?: { name: string; values: string[] }[]
    },
  ): Promise<readonly JobSummary[]> {
    const found: JobSummary[] = []
    let nextToken: string | undefined
    do {
      const input = { ...query, ...(nextToken === undefined ? {} : { nextToken }) }
      const page = await this.#ask(what, 'batch:ListJobs', '*', (api, batch, call) =>
        batch.send(new api.ListJobsCommand(input), call),
      )
      found.push(...(page.jobSummaryList ?? []))
      nextToken = page.nextToken
    } while (nextToken !== undefined && found.length < PARTS)
    return found
  }

  async #describe(what: string, jobs: readonly string[]): Promise<readonly JobDetail[]> {
    if (jobs.length === 0) return []
    const { jobs: found = [] } = await this.#ask(what, 'batch:DescribeJobs', '*', (api, batch, call) =>
      batch.send(new api.DescribeJobsCommand({ jobs: [...jobs] }), call),
    )
    return found
  }

  async #newest(what: string, jobDefinitionName: string): Promise<JobDefinition | undefined> {
    const all: JobDefinition[] = []
    let nextToken: string | undefined
    do {
      const input = { jobDefinitionName, status: 'ACTIVE', ...(nextToken === undefined ? {} : { nextToken }) }
      const page = await this.#ask(what, 'batch:DescribeJobDefinitions', '*', (api, batch, call) =>
        batch.send(new api.DescribeJobDefinitionsCommand(input), call),
      )
      all.push(...(page.jobDefinitions ?? []))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return all.toSorted((a, b) => (b.revision ?? 0) - (a.revision ?? 0))[0]
  }

  async #ask<T>(
    what: string,
    action: string,
    resource: string,
    send: (api: BatchApi, batch: BatchClient, call: AwsSession['call']) => Promise<T>,
  ): Promise<T> {
    const { call } = this.#session
    try {
      const api = await import('../sdk/batch.ts')
      this.#opened ??= Promise.resolve(new api.BatchClient(settingsFor(this.#session, 'BATCH')))
      return await send(api, await this.#opened, call)
    } catch (error) {
      call.abortSignal.throwIfAborted()
      throw callTrouble(what, { action, resource }, error)
    }
  }
}

type BatchApi = typeof import('../sdk/batch.ts')

/** The main node says how a job on several nodes ended, the first child that failed how an array did. */
function decides(parts: readonly JobDetail[]): JobDetail | undefined {
  const main = parts.find(({ jobId = '' }) => jobId.endsWith('#0'))
  return main ?? parts.find(({ status }) => status === 'FAILED')
}

function outputOf(job: JobDetail): readonly OutputPlace[] {
  const stream = job.container?.logStreamName
  if (stream === undefined || stream === '') return []
  const part = partName(job)
  return [part === '' ? { stream } : { stream, part }]
}

function noTemplate(step: string, definition: string): Error {
  return usageError({
    what: `step ${step} has no job definition: Batch knows no ${definition}`,
    rule: 'a step runs as the stacks of its environment made it',
    remedy: 'run "sluice plan" and "sluice apply" first',
  })
}
