import type { SchedulerClient } from '@aws-sdk/client-scheduler'
import { digestOf, hexOf } from '../../../domain/digest.ts'
import { externalError } from '../../../domain/error.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf } from '../trouble.ts'

/** What stands in targets.json of the killer that the stacks made. */
export interface KillerParts {
  readonly schedule: string
  readonly machine: string
  readonly role: string
}

/** Beyond the lifetime of its job, the killer of a run stays so long, and is then removed by EventBridge Scheduler itself. */
const AFTERWARDS = 24 * 3_600_000

/**
 * The killer of one job (promise R32): a schedule that starts a state machine of the stacks once a minute, from before there is
 * anything to end until after its end. It is made for each run because the one of the stacks may have been switched off since, and
 * nothing is started before its killer is known to be there. The state machine goes by the cloud's clock, so ours does not matter.
 */
export class RunKiller {
  readonly #session: AwsSession
  #opened: SchedulerClient | undefined

  constructor(session: AwsSession) {
    this.#session = session
  }

  close(): void {
    this.#opened?.destroy()
  }

  /** It may be repeated: a schedule of this name is this one, and is there for as long as the last one who asked needs it. */
  async arm(id: string, { region, until, parts, what, input }: Watched): Promise<void> {
    const Name = nameOf(parts, id)
    const EndDate = new Date(until + AFTERWARDS)
    const wanted = {
      Name,
      ScheduleExpression: 'rate(1 minute)',
      EndDate,
      ActionAfterCompletion: 'DELETE',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ClientToken: hexOf(digestOf(`${Name} ${EndDate.getTime()}`)),
      Description: `Ends ${what} of job ${id} past their lifetime`,
      Target: {
        Arn: parts.machine,
        RoleArn: parts.role,
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 5 },
        ...(input === undefined ? {} : { Input: JSON.stringify(input) }),
      },
    } as const
    const asked = `arming the killer of job ${id}`
    const made = await this.#ask(asked, 'CreateSchedule', region, Name, async (api, client) => {
      const command = new api.CreateScheduleCommand(wanted)
      return unless('ConflictException', client.send(command, this.#session.call))
    })
    if (made) return
    // Of an earlier start, maybe days ago: it would leave while what is started now still runs.
    const kept = await this.#ask(asked, 'UpdateSchedule', region, Name, async (api, client) => {
      const command = new api.UpdateScheduleCommand(wanted)
      return unless('ResourceNotFoundException', client.send(command, this.#session.call))
    })
    if (kept) return
    throw externalError('service', {
      what: `${asked}: EventBridge Scheduler has it and has it not`,
      rule: 'nothing is started before its killer is there',
      remedy: 'run train again',
    })
  }

  /** After the end of what it watches. Nothing to remove is fine. */
  async disarm(id: string, { region, parts }: Pick<Watched, 'region' | 'parts'>): Promise<void> {
    const Name = nameOf(parts, id)
    await this.#ask(
      `removing the killer of job ${id}`,
      'DeleteSchedule',
      region,
      Name,
      async (api, client) => {
        const command = new api.DeleteScheduleCommand({ Name })
        return unless('ResourceNotFoundException', client.send(command, this.#session.call))
      },
    )
  }

  async #ask(
    what: string,
    action: string,
    region: string,
    name: string,
    send: (api: typeof import('../sdk/scheduler.ts'), client: SchedulerClient) => Promise<boolean>,
  ): Promise<boolean> {
    const api = await import('../sdk/scheduler.ts')
    try {
      this.#opened ??= new api.SchedulerClient({ ...settingsFor(this.#session, 'SCHEDULER'), region })
      return await send(api, this.#opened)
    } catch (error) {
      this.#session.call.abortSignal.throwIfAborted()
      const resource = `arn:aws:scheduler:${region}:${this.#session.account}:schedule/default/${name}`
      throw callTrouble(what, { action: `scheduler:${action}`, resource }, error)
    }
  }
}

export interface Watched {
  readonly region: string
  /** When all that it watches is past its lifetime, milliseconds since the epoch. */
  readonly until: number
  readonly parts: KillerParts
  /** What it ends, for people: `machines`. */
  readonly what: string
  /** What the state machine is told; absent: nothing. */
  readonly input?: Readonly<Record<string, string>>
}

/** False where it was refused with this code; any other refusal is thrown. */
async function unless(code: string, sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent
    return true
  } catch (error) {
    if (codeOf(error) !== code) throw error
    return false
  }
}

/** Within the 64 characters of a schedule's name, and among those that the system's role may make. */
function nameOf({ schedule }: KillerParts, id: string): string {
  return `${schedule.slice(0, 47)}-${hexOf(digestOf(id)).slice(0, 16)}`
}
