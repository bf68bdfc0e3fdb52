import * as z from 'zod'
import { externalError, SluiceError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { type DatabaseServers, SWITCHING } from '../../ports/database-servers.ts'
import type { GcpClient } from '../client.ts'
import { GcpError } from '../trouble.ts'

/** https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances */
const instanceSchema = z.looseObject({
  state: z.string().default(''),
  settings: z.looseObject({ activationPolicy: z.string().default('ALWAYS') }).default({
    activationPolicy: 'ALWAYS',
  }),
})

/** https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/operations */
const operationSchema = z.looseObject({
  name: z.string(),
  status: z.string(),
  error: z.looseObject({ errors: z.array(z.looseObject({ message: z.string().default('') })) }).optional(),
})
const operationsSchema = z.looseObject({ items: z.array(operationSchema).default([]) })

/**
 * The servers of Cloud SQL, switched by their activation policy, which plans leave alone (promise R22):
 * https://cloud.google.com/sql/docs/postgres/start-stop-restart-instance. `state` says RUNNABLE of a stopped one as well, so the
 * policy and the operations on it are what counts.
 */
export function openDatabases(
  client: GcpClient,
  runtime: Pick<Runtime, 'clock' | 'random' | 'signals'>,
  project: string,
  targets: () => Promise<Targets>,
): DatabaseServers {
  const path = (id: string): string => `/v1/projects/${project}/instances/${encodeURIComponent(id)}`

  const policyOf = async (name: string, id: string): Promise<string> => {
    const found = await client.find({ service: 'sqladmin', path: path(id) }, instanceSchema)
    if (found === undefined) throw notThere(name, id)
    if (BROKEN.has(found.state)) throw broken(name, id, found.state)
    return found.settings.activationPolicy
  }
  /** Looks until the server is doing nothing: what a killed run began is waited for as well. */
  const idle = async (name: string, id: string, doing: string): Promise<void> => {
    const query = new URLSearchParams({ instance: id, maxResults: '1' })
    const { clock, signals } = runtime
    const ended = await pollUntil(
      runtime,
      async () => {
        const list = { service: 'sqladmin', path: `/v1/projects/${project}/operations?${query}` } as const
        const [last] = (await client.json(list, operationsSchema)).items
        return last === undefined || last.status === 'DONE' ? { last } : undefined
      },
      { every: SWITCHING.every, deadline: clock.now() + SWITCHING.patience, signal: signals.cancelled },
    )
    if (ended !== 'timed-out') return
    throw new SluiceError('timed-out', 'service', {
      what: `${doing} database ${name}: ${id} is still busy after ${SWITCHING.patience / 60_000} minutes`,
      remedy: 'run it again: what is done stays done',
    })
  }
  /** @returns whether it had to be told. */
  const tell = async (
    name: string,
    id: string,
    policy: 'ALWAYS' | 'NEVER',
    doing: string,
  ): Promise<boolean> => {
    for (;;) {
      await idle(name, id, doing)
      if ((await policyOf(name, id)) === policy) return false
      const body = { settings: { activationPolicy: policy } }
      try {
        const request = {
          service: 'sqladmin',
          method: 'PATCH',
          path: path(id),
          body,
          repeatable: true,
        } as const
        const { error } = await client.json(request, operationSchema)
        const [first] = error?.errors ?? []
        if (first !== undefined) throw broken(name, id, first.message)
        return true
      } catch (error) {
        // Something else began in between; it is waited for in turn.
        if (!(error instanceof GcpError && error.status === 409)) throw error
      }
    }
  }
  const each = async (act: (name: string, id: string) => Promise<boolean>): Promise<readonly string[]> => {
    const all = Object.entries((await targets()).databases).filter(([, { kind }]) => kind === 'cloud-sql')
    const done = await Promise.all(all.map(async ([name, { id }]) => ((await act(name, id)) ? [name] : [])))
    return done.flat()
  }
  return {
    stopped: () => each(async (name, id) => (await policyOf(name, id)) === 'NEVER'),
    stop: () => each((name, id) => tell(name, id, 'NEVER', 'stopping')),
    start: () =>
      each(async (name, id) => {
        const told = await tell(name, id, 'ALWAYS', 'starting')
        await idle(name, id, 'starting')
        return told
      }),
  }
}

/** https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances#SqlInstanceState */
const BROKEN = new Set(['FAILED', 'SUSPENDED', 'PENDING_DELETE'])

function broken(name: string, id: string, why: string): Error {
  return externalError('service', {
    what: `database ${name} is ${why} (${id})`,
    rule: 'only a server that is well can be stopped and started',
    remedy: 'see its operations in the console of Cloud SQL',
  })
}

function notThere(name: string, id: string): Error {
  return externalError('user', {
    what: `database ${name} is not there: Cloud SQL knows no ${id}`,
    rule: 'targets.json names what the last apply made',
    remedy: 'run "sluice plan" and "sluice apply"',
  })
}
