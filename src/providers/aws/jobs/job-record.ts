import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { usageError } from '../../../domain/error.ts'
import type { ObjectStore } from '../../ports/objects.ts'

/** What is known of a job, beside the ledger: ECS forgets a task an hour after its end. */
const recordSchema = z.object({
  schema: z.literal('sluice.job/v1'),
  id: z.string(),
  /** `pipeline.step`. */
  key: z.string(),
  step: z.string(),
  region: z.string(),
  cluster: z.string(),
  container: z.string(),
  image: z.string(),
  /** Milliseconds. */
  timeout: z.number(),
  /** Milliseconds since the epoch. */
  claimedAt: z.number(),
  /** ARN; null as long as nobody has seen it start. */
  task: z.string().nullable(),
  end: z
    .object({
      state: z.enum(['succeeded', 'failed', 'timed-out', 'stopped']),
      exitCode: z.number().nullable(),
      reason: z.string().nullable(),
      startedAt: z.number().nullable(),
      endedAt: z.number().nullable(),
    })
    .optional(),
})
export type JobRecord = z.infer<typeof recordSchema>

export interface JobRecords {
  read(id: string): Promise<JobRecord | undefined>
  /** `conflict` where somebody else has begun this job. */
  claim(record: JobRecord): Promise<'claimed' | 'conflict'>
  keep(record: JobRecord): Promise<void>
  /** After a start that came to nothing: the next one begins anew. */
  remove(id: string): Promise<void>
}

const ID = /^[A-Za-z0-9._-]{1,100}$/

/** @param ledger URI of the ledger. */
export function openJobRecords(
  objects: Pick<ObjectStore, 'read' | 'write' | 'remove'>,
  ledger: string,
): JobRecords {
  const uriOf = (id: string): string => {
    if (ID.test(id)) return `${ledger.replace(/\/+$/, '')}/jobs/${id}.json`
    throw usageError({
      what: `"${id}" is no id of a job`,
      rule: 'letters, digits, ".", "_" and "-", 100 at most',
    })
  }
  const bytes = (record: JobRecord): Uint8Array => Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)
  return {
    read: async (id) => {
      const uri = uriOf(id)
      const found = await objects.read(uri)
      return found === undefined ? undefined : parse(uri, await text(found.body))
    },
    claim: async (record) => {
      const done = await objects.write(uriOf(record.id), bytes(record), { absent: true })
      return done === 'conflict' ? 'conflict' : 'claimed'
    },
    keep: async (record) => {
      await objects.write(uriOf(record.id), bytes(record))
    },
    remove: (id) => objects.remove(uriOf(id)),
  }
}

function parse(uri: string, content: string): JobRecord {
  try {
    return recordSchema.parse(JSON.parse(content))
  } catch (cause) {
    throw usageError(
      {
        what: `${uri} is damaged, or of a newer version`,
        rule: 'it says which task of ECS is this job',
        remedy: 'see in ECS that no task of this job runs, then remove the object',
      },
      cause,
    )
  }
}
