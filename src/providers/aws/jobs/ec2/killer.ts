import type { SchedulerClient } from '@aws-sdk/client-scheduler'
import { digestOf, hexOf } from '../../../../domain/digest.ts'
import { type AwsSession, settingsFor } from '../../session.ts'
import { callTrouble, codeOf } from '../../trouble.ts'

/** What stands in targets.json of the killer that the stacks made. */
export interface KillerParts {
  readonly schedule: string
  readonly machine: string
  readonly role: string
}

/** Beyond the lifetime of its job, the killer of a run stays so long, and is then removed by EventBridge Scheduler itself. */
const AFTERWARDS = 24 * 3_600_000

/**
 * The killer of one job (promise R32): a schedule that starts the state machine of the step's killer once a minute, from before there
 * is a machine until after its end. It is made for each run because the one of the stacks may have been switched off since, and a
 * machine is not started before its killer is known to be there. The state machine goes by EC2's clock, so ours does not matter.
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

  /** It may be repeated: a schedule of this name is this one. */
  async arm(id: string, { region, until, parts }: Watched): Promise<void> {
    const Name = nameOf(parts, id)
    await this.#ask(`arming the killer of job ${id}`, 'CreateSchedule', region, Name, async (api, client) => {
      const command = new api.CreateScheduleCommand({
        Name,
        ScheduleExpression: 'rate(1 minute)',
        EndDate: new Date(until + AFTERWARDS),
        ActionAfterCompletion: 'DELETE',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ClientToken: hexOf(digestOf(Name)),
        Description: `Terminates machines of job ${id} past their lifetime`,
        Target: {
          Arn: parts.machine,
          RoleArn: parts.role,
          RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 5 },
        },
      })
      await client.send(command, this.#session.call).catch((error: unknown) => {
        if (codeOf(error) !== 'ConflictException') throw error
      })
    })
  }

  /** After the end of its machine. Nothing to remove is fine. */
  async disarm(id: string, { region, parts }: Omit<Watched, 'until'>): Promise<void> {
    const Name = nameOf(parts, id)
    await this.#ask(
      `removing the killer of job ${id}`,
      'DeleteSchedule',
      region,
      Name,
      async (api, client) => {
        await client
          .send(new api.DeleteScheduleCommand({ Name }), this.#session.call)
          .catch((error: unknown) => {
            if (codeOf(error) !== 'ResourceNotFoundException') throw error
          })
      },
    )
  }

  async #ask(
    what: string,
    action: string,
    region: string,
    name: string,
    send: (api: typeof import('../../sdk/scheduler.ts'), client: SchedulerClient) => Promise<void>,
  ): Promise<void> {
    const api = await import('../../sdk/scheduler.ts')
    try {
      this.#opened ??= new api.SchedulerClient({ ...settingsFor(this.#session, 'SCHEDULER'), region })
      await send(api, this.#opened)
    } catch (error) {
      this.#session.call.abortSignal.throwIfAborted()
      const resource = `arn:aws:scheduler:${region}:${this.#session.account}:schedule/default/${name}`
      throw callTrouble(what, { action: `scheduler:${action}`, resource }, error)
    }
  }
}

export interface Watched {
  readonly region: string
  /** When all machines of the job are past their lifetime, milliseconds since the epoch. */
  readonly until: number
  readonly parts: KillerParts
}

/** Within the 64 characters of a schedule's name, and among those that the system's role may make. */
function nameOf({ schedule }: KillerParts, id: string): string {
  return `${schedule.slice(0, 47)}-${hexOf(digestOf(id)).slice(0, 16)}`
}
