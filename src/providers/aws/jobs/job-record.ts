import * as z from 'zod'
import { workflowRunSchema } from '../../../domain/jobs/workflow-run.ts'
import type { ObjectStore } from '../../ports/objects.ts'
import {
  besideLedger,
  type Damage,
  jobEndingSchema,
  jobEndSchema,
  readRecord,
  recordBytes,
  recordUri,
} from './record-object.ts'

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
  /** The run of a workflow that began it, where one did. */
  run: workflowRunSchema.optional(),
  /** Written before it is stopped: not every platform remembers who ended a job. */
  ending: jobEndingSchema.optional(),
  end: jobEndSchema.optional(),
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
  /** Jobs whose end nobody has written down, of all steps. */
  open(): AsyncIterable<JobRecord>
}

const DAMAGE: Damage = {
  versions: 'another version',
  rule: 'it says which task, job or machine of AWS is this job',
  remedy: 'see in AWS that it does not run any more, then remove the object',
}

/** @param ledger URI of the ledger. */
export function openJobRecords(objects: ObjectStore, ledger: string): JobRecords {
  const uriOf = (id: string): string => recordUri(besideLedger(ledger, 'jobs'), id)
  return {
    read: async (id) => (await readRecord(objects, uriOf(id), recordSchema, DAMAGE))?.record,
    claim: async (record) => {
      const done = await objects.write(uriOf(record.id), recordBytes(record), { absent: true })
      return done === 'conflict' ? 'conflict' : 'claimed'
    },
    keep: async (record) => {
      await objects.write(uriOf(record.id), recordBytes(record))
    },
    remove: (id) => objects.remove(uriOf(id)),
    async *open() {
      for await (const { uri } of objects.list(`${besideLedger(ledger, 'jobs')}/`)) {
        const record = (await readRecord(objects, uri, recordSchema, DAMAGE))?.record
        if (record !== undefined && record.end === undefined) yield record
      }
    },
  }
}

/** The kind of target that a job runs on, whichever engine wrote its record; undefined where there is no such job. */
export async function kindOfJob(
  objects: Pick<ObjectStore, 'read'>,
  ledger: string,
  id: string,
): Promise<string | undefined> {
  const uri = recordUri(besideLedger(ledger, 'jobs'), id)
  return (await readRecord(objects, uri, kindSchema, DAMAGE))?.record.kind
}

const kindSchema = z.looseObject({ kind: z.string() })
