import { digestOf, hexOf } from '../../../../../src/domain/digest.ts'
import { FakeClock } from '../../../../../src/runtime/fake/clock.ts'
import { MemoryObjects } from '../../../objects.ts'
import type { Schedule, Scheduling } from '../ec2/scheduler.ts'
import { stateMachine } from '../states.ts'
import type { ContainerMachine } from './machines.ts'

const MINUTE = 60_000

/** What a task does once it has a place. */
export interface Behaviour {
  /** Milliseconds until its container runs; absent: one second. */
  readonly placing?: number
  /** Milliseconds that its program takes; absent: for ever. */
  readonly lasts?: number
  /** Exit code of its program. @default 0 */
  readonly exits?: number
  readonly says?: readonly string[]
}

export interface Task {
  readonly arn: string
  readonly token: string
  readonly startedBy: string
  readonly definition: string
  readonly createdAt: number
  readonly tags: Readonly<Record<string, string>>
  /** The request that it was started with. */
  readonly request: Readonly<Record<string, unknown>>
  startedAt?: number
  ended?: { readonly at: number; readonly exitCode?: number; readonly reason: string }
}

export interface TaskWorldOptions {
  /** The definition of the state machine that the stacks' killer is. */
  readonly killer: string
  /** What the nth task does, from 1. */
  readonly behaviour?: (number: number) => Behaviour
  /** Tasks on a page of ListTasks. @default 100 */
  readonly page?: number
}

interface Due {
  readonly at: number
  readonly order: number
  readonly act: () => void | Promise<void>
}

/** Answers of ECS that refuse. */
export class Refused extends Error {
  readonly code: string

  constructor(code: string, text: string) {
    super(text)
    this.code = code
  }
}

/**
 * Tasks of ECS, EventBridge Scheduler, Step Functions and CloudWatch Logs, as far as steps that are tasks need them, in virtual
 * time: what is due happens before the next request is answered, or when a test says `until`.
 */
export class TaskWorld implements Scheduling {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 1), false)
  readonly objects = new MemoryObjects()
  readonly tasks: Task[] = []
  /** Machines that are kept for tasks, and how many their group wants. */
  readonly machines: ContainerMachine[] = []
  wanted = 1
  readonly schedules = new Map<string, Schedule>()
  readonly logs = new Map<string, { readonly at: number; readonly text: string }[]>()
  readonly definitions = new Map<string, { readonly body: Readonly<Record<string, unknown>> }>()
  /** Inputs that the killer was started with. */
  readonly kills: unknown[] = []
  readonly #options: TaskWorldOptions
  #due: Due[] = []
  #orders = 0

  constructor(options: TaskWorldOptions) {
    this.#options = options
  }

  /** Tasks that cost money now. */
  get running(): readonly Task[] {
    return this.tasks.filter(({ ended }) => ended === undefined)
  }

  at(at: number, act: () => void | Promise<void>): void {
    this.#orders += 1
    this.#due.push({ at, order: this.#orders, act })
  }

  /** All that is due by now, in order. */
  async settle(): Promise<void> {
    for (;;) {
      const now = this.clock.now()
      const [next] = this.#due.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at || a.order - b.order)
      if (next === undefined) return
      this.#due = this.#due.filter((one) => one !== next)
      await next.act()
    }
  }

  /** Lets time pass although no client asks for anything. */
  async until(time: number): Promise<void> {
    while (this.clock.now() < time) {
      const next = Math.min(time, ...this.#due.map(({ at }) => Math.max(at, this.clock.now())))
      this.clock.advance(next - this.clock.now())
      await this.settle()
    }
  }

  /** Equal tokens are one task: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html */
  run(request: Readonly<Record<string, unknown>>): Task {
    const token = String(request['clientToken'] ?? '')
    const known = this.tasks.find((task) => task.token === token)
    if (known !== undefined) return known
    const number = this.tasks.length + 1
    const { placing = 1_000, lasts, exits = 0, says = [] } = this.#options.behaviour?.(number) ?? {}
    const id = hexOf(digestOf(`task ${number}`)).slice(0, 32)
    const task: Task = {
      arn: `arn:aws:ecs:us-east-1:222222222222:task/${String(request['cluster'])}/${id}`,
      token,
      startedBy: String(request['startedBy'] ?? ''),
      definition: String(request['taskDefinition']),
      createdAt: this.clock.now(),
      tags: pairs(request['tags']),
      request,
    }
    this.tasks.push(task)
    this.at(task.createdAt + placing, () => {
      if (task.ended !== undefined) return
      task.startedAt = this.clock.now()
      this.logs.set(
        `step/step/${id}`,
        says.map((text) => ({ at: this.clock.now(), text })),
      )
      if (lasts === undefined) return
      this.at(task.startedAt + lasts, () => {
        task.ended ??= {
          at: this.clock.now(),
          exitCode: exits,
          reason: 'Essential container in task exited',
        }
      })
    })
    return task
  }

  stop(arn: string, reason: string): Task {
    const task = this.tasks.find((one) => one.arn === arn)
    if (task === undefined)
      throw new Refused('InvalidParameterException', 'The referenced task was not found.')
    const exit = task.startedAt === undefined ? {} : { exitCode: 143 }
    task.ended ??= { at: this.clock.now(), reason, ...exit }
    return task
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html */
  list(query: {
    readonly startedBy?: string
    readonly desiredStatus?: string
    readonly nextToken?: string
  }): {
    readonly arns: readonly string[]
    readonly next?: string
  } {
    const ended = query.desiredStatus === 'STOPPED'
    const all = this.tasks.filter(
      (task) =>
        (task.ended !== undefined) === ended &&
        (query.startedBy === undefined || query.startedBy === task.startedBy),
    )
    const from = Number(query.nextToken ?? 0)
    const to = from + (this.#options.page ?? 100)
    const arns = all.slice(from, to).map(({ arn }) => arn)
    return { arns, ...(to < all.length ? { next: String(to) } : {}) }
  }

  /** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: a rate fires first one period after it was made. */
  schedule(schedule: Schedule): 'made' | 'there' {
    if (this.schedules.has(schedule.name)) return 'there'
    this.schedules.set(schedule.name, schedule)
    const begin = this.clock.now()
    const fire = (number: number): void => {
      const at = begin + number * MINUTE
      this.at(at, async () => {
        if (this.schedules.get(schedule.name) !== schedule) return
        if (at > schedule.endsAt) return void this.schedules.delete(schedule.name)
        await this.kill(schedule.input)
        fire(number + 1)
      })
    }
    fire(1)
    return 'made'
  }

  /** The state machine of the killer, as the stacks made it, through the calls that its role may make. */
  async kill(input = '{}'): Promise<void> {
    const told = JSON.parse(input) as unknown
    this.kills.push(told)
    await stateMachine(
      this.#options.killer,
      this.clock.now(),
      async (call, asked) => {
        const { Cluster, StartedBy, NextToken, Tasks, Include, Task: arn, Reason } = asked
        if (Cluster !== 'films-test') throw new Error(`the killer asks of cluster ${String(Cluster)}`)
        if (call === 'stopTask') return { Task: this.stop(String(arn), String(Reason)).arn }
        if (call === 'listTasks') {
          const { arns, next } = this.list({
            ...given('startedBy', StartedBy),
            ...given('nextToken', NextToken),
          })
          return { TaskArns: arns, ...(next === undefined ? {} : { NextToken: next }) }
        }
        const wanted = this.tasks.filter((task) => (Tasks as readonly string[]).includes(task.arn))
        return { Tasks: wanted.map((task) => described(task, JSON.stringify(Include) === '["TAGS"]')) }
      },
      told,
    )
  }
}

/** As the SDK integration of Step Functions tells a task: names begin with capitals, times are texts. */
function described(
  { arn, createdAt, startedAt, tags }: Task,
  tagged: boolean,
): Readonly<Record<string, unknown>> {
  return {
    TaskArn: arn,
    CreatedAt: new Date(createdAt).toISOString(),
    ...(startedAt === undefined ? {} : { StartedAt: new Date(startedAt).toISOString() }),
    Tags: tagged ? Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) : [],
  }
}

const given = (key: string, value: unknown): Record<string, string> =>
  value === undefined ? {} : { [key]: String(value) }

function pairs(tags: unknown): Readonly<Record<string, string>> {
  const list = (tags ?? []) as readonly { readonly key: string; readonly value: string }[]
  return Object.fromEntries(list.map(({ key, value }) => [key, value]))
}
