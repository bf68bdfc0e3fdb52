import * as z from 'zod'
import { externalError } from '../../../domain/error.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { GcpClient } from '../client.ts'
import type { Change } from './record.ts'
import {
  type RunKind,
  type RunResource,
  type RunRevision,
  resourceSchema,
  revisionSchema,
} from './resource.ts'

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.operations */
export const operationSchema = z.looseObject({
  name: z.string(),
  done: z.boolean().default(false),
  error: z.looseObject({ code: z.number().default(2), message: z.string().default('') }).optional(),
  response: z.record(z.string(), z.unknown()).optional(),
})
export type Operation = z.infer<typeof operationSchema>

/** Time for Cloud Run to do what it was asked; moving traffic takes seconds. */
const OPERATION = 5 * 60_000

export interface RunApi {
  find(kind: RunKind): Promise<RunResource | undefined>
  revision(kind: RunKind, name: string): Promise<RunRevision | undefined>
  /** Over exactly what was read: its etag goes with it. */
  patch(kind: RunKind, before: RunResource, change: Change): Promise<Operation>
}

/** Services and worker pools over the Admin API: https://cloud.google.com/run/docs/reference/rest */
export function runApi(client: GcpClient): RunApi {
  return {
    find: ({ name }) => client.find({ service: 'run', path: `/v2/${name}` }, resourceSchema),
    revision: ({ name }, revision) =>
      client.find({ service: 'run', path: `/v2/${name}/revisions/${revision}` }, revisionSchema),
    patch: ({ name, split }, { etag }, { shares, ...fields }) => {
      const body = { name, etag, ...fields, ...(shares === undefined ? {} : { [split]: shares }) }
      const { name: _name, etag: _etag, ...changed } = body
      const mask = Object.keys(changed).join(',')
      const path = `/v2/${name}?updateMask=${encodeURIComponent(mask)}`
      return client.json({ service: 'run', method: 'PATCH', path, body }, operationSchema)
    },
  }
}

/** Which operation is waited for. */
export interface Followed {
  /** The work, for people. */
  readonly what: string
  readonly started: Operation
  readonly signal: AbortSignal
}

/**
 * Waits for the end of a long-running operation. That a request was taken says nothing about how it ends.
 *
 * @throws SluiceError external with Google's words where it failed, or where it does not end.
 */
export async function follow(
  runtime: Pick<Runtime, 'clock' | 'random'>,
  client: GcpClient,
  { what, started, signal }: Followed,
): Promise<Operation> {
  const ended = await pollUntil(
    runtime,
    async (): Promise<Operation | undefined> => {
      const now = started.done
        ? started
        : await client.json({ service: 'run', path: `/v2/${started.name}` }, operationSchema)
      return now.done ? now : undefined
    },
    { every: 500, deadline: runtime.clock.now() + OPERATION, signal },
  )
  if (ended === 'timed-out') {
    throw externalError('service', { what: `${what}: operation ${started.name} has not ended` })
  }
  const { error } = ended.found
  if (error === undefined) return ended.found
  throw externalError('user', {
    what: `${what}: ${error.message}`,
    remedy: 'see "sluice operate logs" and mend what it names',
  })
}
