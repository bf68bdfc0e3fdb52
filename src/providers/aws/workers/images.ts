import { type ImageReference, parseImageReference } from '../../../domain/digest.ts'
import { externalError, SluiceError } from '../../../domain/error.ts'
import { formatDuration } from '../../../domain/quantity.ts'
import type { Target, Targets } from '../../../domain/stacks/targets.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { WorkerImages } from '../../ports/workers.ts'
import type { AwsSession } from '../session.ts'
import { codeOf } from '../trouble.ts'
import { drainSeconds, RENEWED, restartScript, STARTING, type Which } from './restart.ts'
import { openSystemsManager } from './systems-manager.ts'

export interface WorkerParts {
  readonly session: AwsSession
  readonly runtime: Pick<Runtime, 'clock' | 'random'>
  readonly targets: () => Promise<Targets>
}

type Machines = Extract<Target, { kind: 'ec2-worker' }> & { readonly image: string }

/** Seconds in which a machine must have taken a command, else it is not there. */
const TAKEN = 60
/** Milliseconds that the agent may take beyond the time of its command. */
const PATIENCE = 5 * 60_000

/** What a release does with the machines of a worker. */
export interface AwsWorkers extends Required<Pick<WorkerImages, 'read' | 'restart'>> {
  /** What the parameter says, whatever that is. */
  text(worker: string): Promise<string>
  write(worker: string, text: string): Promise<void>
  /**
   * As restart, for the machines that do not run the image yet, of which so many are there. Resolves with those that run it.
   * @throws SluiceError external, where one of them runs something else in the end
   */
  renew(worker: string, image: ImageReference, drain: number, there: number): Promise<readonly string[]>
  close(): void
}

/**
 * The image of a worker is the value of a parameter of Systems Manager, which its machines ask for when they boot. What runs takes
 * it at once by Session Manager's agent, in place: no port is open and no machine is made.
 */
export function openWorkers({ session, runtime, targets }: WorkerParts): AwsWorkers {
  const ssm = openSystemsManager(session, runtime)
  const machinesOf = async (worker: string): Promise<Machines> => {
    const target = (await targets()).workers[worker]
    if (target?.kind === 'ec2-worker' && target.image !== undefined) return { ...target, image: target.image }
    throw new SluiceError('stale', 'user', {
      what: `targets.json does not say where worker ${worker} asks for its image`,
      remedy: 'run "sluice plan", then "sluice apply"',
    })
  }
  const parameter = ({ region, image }: Machines): string =>
    `arn:aws:ssm:${region}:${session.account}:parameter${image}`

  const text = async (worker: string): Promise<string> => {
    const machines = await machinesOf(worker)
    const { region, image: Name } = machines
    const what = `reading the image of worker ${worker}`
    const need = { action: 'ssm:GetParameter', resource: parameter(machines) }
    const found = await ssm.ask({ region, what, need }, (api, client, options) =>
      client.send(new api.GetParameterCommand({ Name }), options).catch((error: unknown) => {
        if (codeOf(error) === 'ParameterNotFound') return undefined
        throw error
      }),
    )
    return found?.Parameter?.Value ?? ''
  }

  const read = async (worker: string): Promise<ImageReference | undefined> => {
    const reference = await text(worker)
    // What the stack has put there before the first release has no digest.
    return parseImageReference(reference) === undefined ? undefined : (reference as ImageReference)
  }

  const command = async (
    worker: string,
    image: ImageReference,
    drain: number,
    { which, there }: { readonly which: Which; readonly there: number },
  ): Promise<readonly string[]> => {
    const machines = await machinesOf(worker)
    const { region } = machines
    const what = `restarting the machines of worker ${worker}`
    const seconds = drainSeconds(drain)
    const order = {
      DocumentName: 'AWS-RunShellScript',
      Comment: `sluice: worker ${worker} takes its released image`,
      Targets: Object.entries(machines.instances).map(([tag, value]) => ({
        Key: `tag:${tag}`,
        Values: [value],
      })),
      TimeoutSeconds: TAKEN,
      Parameters: {
        commands: [...restartScript(seconds, image, which)],
        executionTimeout: [String(seconds + STARTING)],
      },
    }
    const sending = { action: 'ssm:SendCommand', resource: `arn:aws:ec2:*:${session.account}:instance/*` }
    // A command whose answer is lost may have begun: it is not given twice.
    const { Command } = await ssm.ask(
      { region, what, need: sending, repeat: 'refused' },
      (api, client, options) => client.send(new api.SendCommandCommand(order), options),
    )
    const CommandId = Command?.CommandId
    // Without an id the list would be that of all commands of the account.
    if (CommandId === undefined) {
      throw externalError('service', { what: `${what}: Systems Manager takes a command without an id` })
    }
    const { clock } = runtime
    const begin = clock.now()
    const patience = (seconds + STARTING) * 1000 + PATIENCE
    const look = async (): Promise<readonly Invocation[] | undefined> => {
      const need = { action: 'ssm:ListCommandInvocations', resource: '*' }
      const seen: Invocation[] = []
      let NextToken: string | undefined
      do {
        const list = { CommandId, Details: true, MaxResults: 50, NextToken }
        const page = await ssm.ask({ region, what, need }, (api, client, options) =>
          client.send(new api.ListCommandInvocationsCommand(list), options),
        )
        seen.push(...(page.CommandInvocations ?? []).map((one) => invocation(one, image)))
        NextToken = page.NextToken
      } while (NextToken !== undefined && NextToken !== '')
      // Whom a command is for is found out after it was taken.
      if (seen.length === 0 && there > 0 && clock.now() - begin < TAKEN * 1000) return undefined
      return seen.every(({ ended }) => ended) ? seen : undefined
    }
    const ended = await pollUntil(runtime, look, {
      every: 3_000,
      deadline: begin + patience,
      signal: session.call.abortSignal,
      bear: {
        transient: (error) => error instanceof SluiceError && error.outcome === 'external',
        inARow: 4,
      },
    })
    if (ended === 'timed-out') {
      throw externalError('service', {
        what: `${what}: command ${CommandId} has not ended within ${formatDuration(patience)}`,
        rule: 'each machine has the time of its work and of its start',
        remedy: 'see it by "aws ssm list-command-invocations --details", then repeat the command',
      })
    }
    // Whom a release does not reach is missed by its host, which knows how long.
    const failed = ended.found.find(({ good, taken }) => !good && (taken || which === 'all'))
    if (failed !== undefined) {
      throw externalError('user', {
        what: `${what}: ${failed.id}: ${failed.said}`,
        remedy: 'see /var/log/sluice-work.log there by "aws ssm start-session"',
      })
    }
    return ended.found.flatMap(({ id, good }) => (good ? [id] : []))
  }

  return {
    read,
    text,
    async write(worker, image) {
      const machines = await machinesOf(worker)
      const { region, image: Name } = machines
      const what = `telling worker ${worker} its image`
      const need = { action: 'ssm:PutParameter', resource: parameter(machines) }
      // The same value twice is the same.
      await ssm.ask({ region, what, need }, (api, client, options) =>
        client.send(new api.PutParameterCommand({ Name, Value: image, Overwrite: true }), options),
      )
    },

    async restart(worker, drain) {
      const image = await read(worker)
      if (image === undefined) {
        throw new SluiceError('refused', 'user', {
          what: `no release has told worker ${worker} its image yet`,
          remedy: 'run "sluice rollout" first',
        })
      }
      return command(worker, image, drain, { which: 'all', there: 0 })
    },

    renew: (worker, image, drain, there) => command(worker, image, drain, { which: 'others', there }),

    close: () => ssm.close(),
  }
}

interface Invocation {
  readonly id: string
  readonly ended: boolean
  readonly good: boolean
  /** Whether it has come to the machine. */
  readonly taken: boolean
  /** The state, and the last that the machine said. */
  readonly said: string
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html */
const OPEN = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling'])
const NOT_TAKEN = new Set(['Undeliverable', 'DeliveryTimedOut', 'Delivery Timed Out'])

function invocation(
  one: {
    readonly InstanceId?: string | undefined
    readonly Status?: string | undefined
    readonly StatusDetails?: string | undefined
    readonly CommandPlugins?: readonly { readonly Output?: string | undefined }[] | undefined
  },
  image: ImageReference,
): Invocation {
  const { InstanceId = '', Status = 'nothing', StatusDetails = Status, CommandPlugins = [] } = one
  const output = CommandPlugins.map(({ Output = '' }) => Output)
    .join('\n')
    .trim()
  const last = output.split('\n').at(-1) ?? ''
  // A command that ended says nothing of what runs: only the image itself does (promise R23).
  const good = Status === 'Success' && output.split('\n').includes(`${RENEWED} ${image}`)
  return {
    id: InstanceId,
    ended: !OPEN.has(Status),
    good,
    taken: !NOT_TAKEN.has(StatusDetails) && !NOT_TAKEN.has(Status),
    said: last === '' ? Status : `${Status}: ${last}`,
  }
}
