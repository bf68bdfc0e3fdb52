import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { SageMakerClient } from '@aws-sdk/client-sagemaker'
import { externalError } from '../../../domain/error.ts'
import { type Rate, trainingRate } from '../../../domain/prices/rates.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf, isPassing, statusOf } from '../trouble.ts'
import type { JobRecord, OutputPlace } from './job-record.ts'
import type { JobOrder, JobPlatform, Seen, StartedJob, Where } from './platform.ts'
import { waitOf } from './standing.ts'
import { trainingJob, trainingJobName } from './training-job.ts'
import { trainingStatus } from './training-status.ts'

/** SageMaker gives up a job without capacity by itself after two hours (MaxPendingTimeInSeconds), or with spot after one. */
const PLACING = 2.25 * 60 * 60_000
/** https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html */
const GROUP = '/aws/sagemaker/TrainingJobs'

/**
 * Training jobs of SageMaker. A name is given once in an account and region, so the same id is the same job whoever asks and
 * however often (promise R33).
 */
export class SageMakerJobs implements JobPlatform<'sagemaker-training'> {
  readonly traits = {
    kind: 'sagemaker-training',
    name: 'SageMaker',
    memory: 'SageMaker keeps training jobs; this one was removed or is in another account',
    placing: PLACING,
  } as const
  readonly #session: AwsSession
  /** `films-test`: names of jobs begin with it, as the role that Sluice runs as allows. */
  readonly #prefix: string
  /** Where the jobs of this client write, as far as it was found. */
  readonly #found = new Map<string, readonly OutputPlace[]>()
  #opened: Promise<SageMakerClient> | undefined
  #logs: Promise<CloudWatchLogsClient> | undefined

  constructor(session: AwsSession, prefix: string) {
    this.#session = session
    this.#prefix = prefix
  }

  close(): void {
    void this.#opened?.then((client) => client.destroy()).catch(() => {})
    void this.#logs?.then((client) => client.destroy()).catch(() => {})
  }

  rate({ target }: JobOrder<'sagemaker-training'>): Rate {
    return trainingRate(target.region, target.machine, target.machines)
  }

  async prepare({ id }: JobOrder<'sagemaker-training'>): Promise<Where> {
    return { name: trainingJobName(this.#prefix, id) }
  }

  async run(order: JobOrder<'sagemaker-training'>, { name = '' }: Where): Promise<string> {
    const input = trainingJob(order, name)
    const what = `starting step ${order.step.name}`
    await this.#ask(what, 'sagemaker:CreateTrainingJob', name, async (api, client, call) => {
      try {
        await client.send(new api.CreateTrainingJobCommand(input), call)
      } catch (error) {
        // The name is taken: an earlier request of this job, whose answer was lost.
        if (codeOf(error) === 'ResourceInUse') return
        if (codeOf(error) === 'ResourceLimitExceeded') throw quota(what, order.target.machine, error)
        throw error
      }
    })
    return name
  }

  async find(record: JobRecord): Promise<string | undefined> {
    const { name = '' } = record.where
    return (await this.#describe(record.id, name)) === undefined ? undefined : name
  }

  async look(record: StartedJob): Promise<Seen | undefined> {
    const job = await this.#describe(record.id, record.task)
    if (job === undefined) return undefined
    const status = trainingStatus(job, record)
    const outputs = status.startedAt === null && status.endedAt === null ? [] : await this.#outputs(record)
    return { status, outputs, ...waitOf(status.startedAt, job.CreationTime?.getTime()) }
  }

  async stop({ id, task }: StartedJob): Promise<void> {
    await this.#ask(`stopping job ${id}`, 'sagemaker:StopTrainingJob', task, async (api, client, call) => {
      try {
        await client.send(new api.StopTrainingJobCommand({ TrainingJobName: task }), call)
      } catch (error) {
        // It has ended: "The request was rejected because the training job is in status Completed."
        if (codeOf(error) !== 'ValidationException') throw error
      }
    })
  }

  #describe(id: string, name: string) {
    return this.#ask(
      `looking at job ${id}`,
      'sagemaker:DescribeTrainingJob',
      name,
      async (api, client, call) => {
        try {
          return await client.send(new api.DescribeTrainingJobCommand({ TrainingJobName: name }), call)
        } catch (error) {
          // "Requested resource not found." has no code of its own.
          const isAbsent = codeOf(error) === 'ValidationException' || codeOf(error) === 'ResourceNotFound'
          if (isAbsent && statusOf(error) === 400 && /not f(ou)?nd|could not find/i.test(String(error)))
            return undefined
          throw error
        }
      },
    )
  }

  /** One stream a host, `<name>/algo-1-<time>`; after a spot interruption there is another one. */
  async #outputs({ id, task, region }: JobRecord & { task: string }): Promise<readonly OutputPlace[]> {
    const { call } = this.#session
    const query = { logGroupName: GROUP, logStreamNamePrefix: `${task}/` }
    try {
      const api = await import('../sdk/logs.ts')
      const settings = { ...settingsFor(this.#session, 'CLOUDWATCH_LOGS'), region }
      this.#logs ??= Promise.resolve(new api.CloudWatchLogsClient(settings))
      const page = await (await this.#logs).send(new api.DescribeLogStreamsCommand(query), call)
      const streams = (page.logStreams ?? []).flatMap(({ logStreamName }) => logStreamName ?? [])
      const group = { region, name: GROUP }
      const hosts = new Set(streams.map(hostOf))
      const found = streams.map((stream) =>
        hosts.size < 2 ? { stream, group } : { stream, group, part: `node ${Number(hostOf(stream)) - 1}` },
      )
      this.#found.set(task, found)
      return found
    } catch (error) {
      call.abortSignal.throwIfAborted()
      if (codeOf(error) === 'ResourceNotFoundException') return []
      // Where it writes does not change how it stands: the next look finds it.
      if (isPassing(error)) return this.#found.get(task) ?? []
      const resource = `log-group:${GROUP}`
      throw callTrouble(
        `looking for the log of job ${id}`,
        { action: 'logs:DescribeLogStreams', resource },
        error,
      )
    }
  }

  async #ask<T>(
    what: string,
    action: string,
    resource: string,
    send: (api: SageMakerApi, client: SageMakerClient, call: AwsSession['call']) => Promise<T>,
  ): Promise<T> {
    const { call } = this.#session
    try {
      const api = await import('../sdk/sagemaker.ts')
      this.#opened ??= Promise.resolve(new api.SageMakerClient(settingsFor(this.#session, 'SAGEMAKER')))
      return await send(api, await this.#opened, call)
    } catch (error) {
      call.abortSignal.throwIfAborted()
      throw callTrouble(what, { action, resource }, error)
    }
  }
}

type SageMakerApi = typeof import('../sdk/sagemaker.ts')

/** The number of its host: 1 of `.../algo-1-1700000000`. */
const hostOf = (stream: string): string => /\/algo-(\d+)-[^/]*$/.exec(stream)?.[1] ?? '1'

function quota(what: string, machine: string, cause: unknown): Error {
  return externalError(
    'user',
    {
      what: `${what}: the quota of the account has no ${machine} for training left`,
      rule: 'SageMaker has a quota for each machine type, and another one for spot; most begin at 0',
      remedy: `ask for "${machine} for training job usage" in Service Quotas, or name another machine`,
    },
    cause,
  )
}
