import type { ECSClient, Task } from '@aws-sdk/client-ecs'
import type { Clock } from '../../../runtime/runtime.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf } from '../trouble.ts'
import { STOPPED } from './stop-reason.ts'

/** DescribeTasks takes so many: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
const AT_ONCE = 100

type EcsApi = typeof import('../sdk/ecs.ts')

/** What runs in clusters of ECS, and what time it is there. Nothing here decides. */
export class RunningTasks {
  readonly #session: AwsSession
  readonly #clock: Pick<Clock, 'now'>
  #opened: ECSClient | undefined
  #ahead: number | undefined

  constructor(session: AwsSession, clock: Pick<Clock, 'now'>) {
    this.#session = session
    this.#clock = clock
  }

  close(): void {
    this.#opened?.destroy()
  }

  /** The clock of ECS, as its last answer had it; undefined before the first. */
  now(): number | undefined {
    return this.#ahead === undefined ? undefined : this.#clock.now() + this.#ahead
  }

  /** All tasks that are to run, with their tags. */
  async *of(cluster: string): AsyncGenerator<Task> {
    for await (const task of this.#all(cluster, 'RUNNING')) if (task.lastStatus !== 'STOPPED') yield task
  }

  /** Tasks that ended, or are told to, within the last hour. */
  ended(cluster: string): AsyncGenerator<Task> {
    return this.#all(cluster, 'STOPPED')
  }

  async *#all(cluster: string, desiredStatus: 'RUNNING' | 'STOPPED'): AsyncGenerator<Task> {
    const what = 'looking for tasks of steps'
    let nextToken: string | undefined
    do {
      const query = {
        cluster,
        desiredStatus,
        maxResults: AT_ONCE,
        ...(nextToken === undefined ? {} : { nextToken }),
      }
      const page = await this.#ask(what, 'ecs:ListTasks', cluster, (api, ecs) =>
        ecs.send(new api.ListTasksCommand(query), this.#session.call),
      )
      const { taskArns: tasks = [] } = page
      if (tasks.length > 0) {
        const told = await this.#ask(what, 'ecs:DescribeTasks', cluster, (api, ecs) =>
          ecs.send(new api.DescribeTasksCommand({ cluster, tasks, include: ['TAGS'] }), this.#session.call),
        )
        yield* told.tasks ?? []
      }
      nextToken = page.nextToken
    } while (nextToken !== undefined)
  }

  /** Nothing where it has ended. */
  async stop(task: string, job: string): Promise<void> {
    // arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID
    const [, cluster = ''] = task.split('/')
    await this.#ask(`ending task ${task} of job ${job}`, 'ecs:StopTask', task, async (api, ecs) => {
      try {
        await ecs.send(new api.StopTaskCommand({ cluster, task, reason: STOPPED }), this.#session.call)
      } catch (error) {
        if (codeOf(error) !== 'InvalidParameterException') throw error
      }
    })
  }

  async #ask<T>(
    what: string,
    action: string,
    resource: string,
    send: (api: EcsApi, ecs: ECSClient) => Promise<T>,
  ): Promise<T> {
    try {
      const api = await import('../sdk/ecs.ts')
      this.#opened ??= this.#watched(new api.ECSClient(settingsFor(this.#session, 'ECS')))
      return await send(api, this.#opened)
    } catch (error) {
      this.#session.call.abortSignal.throwIfAborted()
      throw callTrouble(what, { action, resource }, error)
    }
  }

  /** Every answer says when it was given. */
  #watched(ecs: ECSClient): ECSClient {
    ecs.middlewareStack.add(
      (next) => async (args) => {
        const told = await next(args)
        const { headers = {} } = told.response as { readonly headers?: Readonly<Record<string, string>> }
        const date = Date.parse(headers['date'] ?? '')
        if (Number.isFinite(date)) this.#ahead = date - this.#clock.now()
        return told
      },
      { step: 'deserialize', priority: 'low', name: 'sluiceDate' },
    )
    return ecs
  }
}
