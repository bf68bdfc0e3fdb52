import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { usageError } from '../../../domain/error.ts'
import type { ObjectStore } from '../../ports/objects.ts'

/** One stream of a job's output. */
const outputSchema = z.object({
  stream: z.string(),
  /** Absent: the group of the step, as targets.json has it. */
  group: z.object({ region: z.string(), name: z.string() }).optional(),
  /** Which part of the job wrote it, `node 1`; absent where it has one part. */
  part: z.string().optional(),
})
export type OutputPlace = z.infer<typeof outputSchema>

/** What is known of a job, beside the ledger: every platform forgets jobs some time after their end. */
const recordSchema = z.object({
  schema: z.literal('sluice.job/v1'),
  id: z.string(),
  /** Kind of its target, which says what runs it. */
  kind: z.string(),
  /** `pipeline.step`. */
  key: z.string(),
  step: z.string(),
  region: z.string(),
  /** What its platform must be told to find it. */
  where: z.record(z.string(), z.string()),
  image: z.string(),
  /** Milliseconds. */
  timeout: z.number(),
  /** Milliseconds since the epoch. */
  claimedAt: z.number(),
  /** The platform's own name of it, such as an ARN; null as long as nobody has seen it start. */
  task: z.string().nullable(),
  /** Written before it is stopped: not every platform remembers who ended a job. */
  ending: z.enum(['stopped', 'timed-out']).optional(),
  end: z
    .object({
      state: z.enum(['succeeded', 'failed', 'timed-out', 'stopped']),
      exitCode: z.number().nullable(),
      reason: z.string().nullable(),
      startedAt: z.number().nullable(),
      endedAt: z.number().nullable(),
    })
    .optional(),
  /** Where its output lies, once it has ended. */
  outputs: z.array(outputSchema).optional(),
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
  const bytes = (record: JobRecord): Uint8Array => Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)
  return {
    read: async (id) => {
      const uri = recordUri(ledger, id)
      const found = await objects.read(uri)
      return found === undefined ? undefined : parse(recordSchema, uri, await text(found.body))
    },
    claim: async (record) => {
      const done = await objects.write(recordUri(ledger, record.id), bytes(record), { absent: true })
      return done === 'conflict' ? 'conflict' : 'claimed'
    },
    keep: async (record) => {
      await objects.write(recordUri(ledger, record.id), bytes(record))
    },
    remove: (id) => objects.remove(recordUri(ledger, id)),
  }
}

/** The kind of target that a job runs on, whichever engine wrote its record; undefined where there is no such job. */
export async function kindOfJob(
  objects: Pick<ObjectStore, 'read'>,
  ledger: string,
  id: string,
): Promise<string | undefined> {
  const uri = recordUri(ledger, id)
  const found = await objects.read(uri)
  return found === undefined ? undefined : parse(kindSchema, uri, await text(found.body)).kind
}

const kindSchema = z.looseObject({ kind: z.string() })

/** Where the record of a job stands, whichever engine writes it. */
export function recordUri(ledger: string, id: string): string {
  if (ID.test(id)) return `${ledger.replace(/\/+$/, '')}/jobs/${id}.json`
  throw usageError({
    what: `"${id}" is no id of a job`,
    rule: 'letters, digits, ".", "_" and "-", 100 at most',
  })
}

function parse<T>(schema: z.ZodType<T>, uri: string, content: string): T {
  try {
    return schema.parse(JSON.parse(content))
  } catch (cause) {
    throw usageError(
      {
        what: `${uri} is damaged, or of another version`,
        rule: 'it says which task, job or machine of AWS is this job',
        remedy: 'see in AWS that it does not run any more, then remove the object',
      },
      cause,
    )
  }
}
