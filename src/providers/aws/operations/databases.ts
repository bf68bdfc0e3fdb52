import { externalError, SluiceError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { type DatabaseServers, SWITCHING } from '../../ports/database-servers.ts'
import { at, type QueryApi, QueryError } from '../query.ts'
import type { AwsSession } from '../session.ts'

/**
 * The servers of RDS. A stopped one starts again by itself after seven days
 * (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html).
 */
export function openDatabases(
  api: QueryApi,
  session: AwsSession,
  runtime: Runtime,
  targets: () => Promise<Targets>,
): DatabaseServers {
  const { account, region } = session
  const ask = async (name: string, id: string, action: string, doing: string) => {
    const resource = `arn:aws:rds:${region}:${account}:db:${id}`
    const parameters = { DBInstanceIdentifier: id }
    const call = {
      service: 'rds',
      region,
      action,
      parameters,
      what: `${doing} database ${name}`,
      resource,
    } as const
    try {
      return await api.ask(call)
    } catch (error) {
      if (error instanceof QueryError && error.name === 'DBInstanceNotFound') throw notThere(name, id, error)
      throw error
    }
  }
  const statusOf = async (name: string, id: string): Promise<string> => {
    const answer = await ask(name, id, 'DescribeDBInstances', 'looking at')
    const status = at(answer, 'DescribeDBInstancesResult', 'DBInstances', 'DBInstance', 'DBInstanceStatus')
    if (typeof status === 'string') return status
    throw externalError('service', { what: `looking at database ${name}: RDS says no status of ${id}` })
  }
  /** Steps until the server is where it is wanted. A state that it passes through is waited out. */
  const bring = async (
    name: string,
    id: string,
    wanted: {
      readonly reached: readonly string[]
      readonly from: string
      readonly action: string
      readonly doing: string
    },
  ): Promise<boolean> => {
    let acted = false
    let status = ''
    const { signals, clock } = runtime
    const look = async (): Promise<true | undefined> => {
      status = await statusOf(name, id)
      if (wanted.reached.includes(status)) return true
      if (FAILED.has(status)) throw broken(name, id, status)
      if (status !== wanted.from) return undefined
      try {
        await ask(name, id, wanted.action, wanted.doing)
        acted = true
      } catch (error) {
        // It has moved on between the look and the call.
        if (!(error instanceof QueryError && error.name === 'InvalidDBInstanceState')) throw error
      }
      return undefined
    }
    const deadline = clock.now() + SWITCHING.patience
    const end = await pollUntil(runtime, look, {
      every: SWITCHING.every,
      deadline,
      signal: signals.cancelled,
    })
    if (end !== 'timed-out') return acted
    throw new SluiceError('timed-out', 'service', {
      what: `${wanted.doing} database ${name}: ${id} is still ${status} after ${SWITCHING.patience / 60_000} minutes`,
      remedy: 'run it again: what is done stays done',
    })
  }
  const each = async (wanted: Parameters<typeof bring>[2]): Promise<readonly string[]> => {
    const all = Object.entries((await targets()).databases)
    const done = await Promise.all(
      all.map(async ([name, { id }]) => ((await bring(name, id, wanted)) ? [name] : [])),
    )
    return done.flat()
  }
  const stopped = async (): Promise<readonly string[]> => {
    const found: string[] = []
    for (const [name, { id }] of Object.entries((await targets()).databases)) {
      if (['stopped', 'stopping'].includes(await statusOf(name, id))) found.push(name)
    }
    return found
  }
  return {
    stopped,
    stop: () =>
      each({
        reached: ['stopped', 'stopping'],
        from: 'available',
        action: 'StopDBInstance',
        doing: 'stopping',
      }),
    start: () =>
      each({ reached: ['available'], from: 'stopped', action: 'StartDBInstance', doing: 'starting' }),
  }
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
const FAILED = new Set([
  'failed',
  'deleting',
  'incompatible-network',
  'incompatible-parameters',
  'incompatible-restore',
  'inaccessible-encryption-credentials',
  'storage-full',
])

function broken(name: string, id: string, status: string): Error {
  return externalError('service', {
    what: `database ${name} is ${status} (${id})`,
    rule: 'only a server that is well can be stopped and started',
    remedy: 'see the events of the server in RDS',
  })
}

function notThere(name: string, id: string, cause: unknown): Error {
  return externalError(
    'user',
    {
      what: `database ${name} is not there: RDS knows no ${id}`,
      rule: 'targets.json names what the last apply made',
      remedy: 'run "sluice plan" and "sluice apply"',
    },
    cause,
  )
}
