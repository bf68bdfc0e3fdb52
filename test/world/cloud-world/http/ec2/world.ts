import { createHash } from 'node:crypto'
import { FakeClock } from '../../../../../src/runtime/fake/clock.ts'
import type { MemoryObjects } from '../../../objects.ts'
import { stateMachine } from '../states.ts'
import { type Behaviour, bootVariables, deadMen, type Machine, run } from './machine.ts'
import type { Schedule } from './scheduler.ts'

/** A place that a machine is asked for in. */
export interface Place {
  readonly market: 'spot' | 'on-demand'
  readonly type: string
  readonly subnet: string
}

export interface LogEvent {
  readonly at: number
  readonly text: string
}

export interface Ec2Options {
  /** Boot script of the launch template; the definition of the state machine that the stacks' killer is. */
  readonly bootScript: string
  readonly killer: string
  readonly objects: MemoryObjects
  /** What the nth machine does, from 1; by how it was started, where that matters. */
  readonly behaviour?: (number: number, machine: Machine) => Behaviour
  /** The code that EC2 refuses a place with. */
  readonly refuses?: (place: Place, number: number) => string | undefined
  /** Milliseconds until DescribeInstances shows a new machine. */
  readonly hiddenFor?: number
}

interface Due {
  readonly at: number
  readonly order: number
  readonly act: () => void | Promise<void>
}

const MINUTE = 60_000

/**
 * EC2, EventBridge Scheduler, Step Functions and CloudWatch Logs, as far as steps on machines need them, in virtual time: what is due
 * happens before the next request is answered, or when a test says `until`.
 */
export class Ec2World {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 1), false)
  readonly machines: Machine[] = []
  readonly schedules = new Map<string, Schedule>()
  readonly logs = new Map<string, LogEvent[]>()
  readonly options: Ec2Options
  #due: Due[] = []
  #orders = 0
  readonly #tokens = new Map<string, { readonly digest: string; readonly machine: Machine }>()
  #asked = 0

  constructor(options: Ec2Options) {
    this.options = options
  }

  /** Machines that cost money now. */
  get running(): readonly Machine[] {
    return this.machines.filter(({ state }) => state === 'pending' || state === 'running')
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
      if (next === time) return
    }
  }

  print(stream: string, text: string, at = this.clock.now()): void {
    const events = this.logs.get(stream) ?? []
    events.push({ at, text })
    this.logs.set(stream, events)
  }

  /**
   * Equal tokens are one machine, ended or not; with other parameters they are refused; a refused request keeps its token free.
   * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
   */
  launch(token: string, parameters: Readonly<Record<string, string>>, place: Place): Machine | string {
    const digest = createHash('sha256').update(JSON.stringify(parameters)).digest('hex')
    const known = this.#tokens.get(token)
    if (known !== undefined) return known.digest === digest ? known.machine : 'IdempotentParameterMismatch'
    this.#asked += 1
    const refused = this.options.refuses?.(place, this.#asked)
    if (refused !== undefined) return refused
    const userData = Buffer.from(parameters['UserData'] ?? '', 'base64').toString('utf8')
    const machine: Machine = {
      id: `i-${String(this.machines.length + 1).padStart(17, '0')}`,
      ...place,
      launchedAt: this.clock.now(),
      endedAt: null,
      state: 'pending',
      reason: null,
      tags: tagsOf(parameters),
      userData,
      variables: bootVariables(userData),
    }
    this.machines.push(machine)
    this.#tokens.set(token, { digest, machine })
    const behaviour = this.options.behaviour?.(this.machines.length, machine) ?? {}
    for (const seconds of behaviour.dead ? [] : deadMen(userData)) {
      const at = machine.launchedAt + (behaviour.boot ?? 20_000) + seconds * 1000
      this.at(at, () => this.end(machine, 'Client.InstanceInitiatedShutdown', at))
    }
    run(this, machine, behaviour)
    return machine
  }

  /** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
  end(machine: Machine, reason: string, at = this.clock.now()): void {
    if (machine.state === 'shutting-down' || machine.state === 'terminated') return
    machine.state = 'shutting-down'
    machine.reason = reason
    machine.endedAt = at
    this.at(at + 30_000, () => {
      machine.state = 'terminated'
    })
  }

  /** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: a rate fires first one period after it was made. */
  schedule(schedule: Schedule): 'made' | 'there' {
    if (this.schedules.has(schedule.name)) return 'there'
    this.schedules.set(schedule.name, schedule)
    const begin = this.clock.now()
    const fire = (number: number): void => {
      const at = begin + number * MINUTE
      if (at > schedule.endsAt) this.schedules.delete(schedule.name)
      else {
        this.at(at, async () => {
          if (this.schedules.get(schedule.name) !== schedule) return
          await this.kill(at)
          fire(number + 1)
        })
      }
    }
    fire(1)
    return 'made'
  }

  /** The state machine of the killer, as the stacks made it. */
  async kill(now: number): Promise<void> {
    await stateMachine(this.options.killer, now, async (call, input) => {
      if (call === 'terminateInstances') {
        for (const id of input['InstanceIds'] as readonly string[]) {
          const machine = this.machines.find((one) => one.id === id)
          if (machine !== undefined) this.end(machine, 'Client.UserInitiatedShutdown', now)
        }
        return {}
      }
      const filters = input['Filters'] as readonly { Name: string; Values: readonly string[] }[]
      const found = this.machines.filter((machine) => filters.every((one) => matches(machine, one)))
      const instances = found.map(({ id, launchedAt, tags }) => ({
        InstanceId: id,
        LaunchTime: new Date(launchedAt).toISOString(),
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }))
      return { Reservations: instances.map((instance) => ({ Instances: [instance] })) }
    })
  }
}

/** A filter of DescribeInstances: a tag, the state, or the id. */
export function matches(
  { id, state, tags }: Machine,
  { Name, Values }: { readonly Name: string; readonly Values: readonly string[] },
): boolean {
  if (Name.startsWith('tag:')) return Values.includes(tags[Name.slice('tag:'.length)] ?? '')
  if (Name === 'instance-state-name') return Values.includes(state)
  if (Name === 'instance-id') return Values.includes(id)
  throw new Error(`the world knows no filter ${Name}`)
}

function tagsOf(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {}
  for (let i = 1; parameters[`TagSpecification.1.Tag.${i}.Key`] !== undefined; i++) {
    tags[parameters[`TagSpecification.1.Tag.${i}.Key`] ?? ''] =
      parameters[`TagSpecification.1.Tag.${i}.Value`] ?? ''
  }
  return tags
}
