import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { externalError } from '../../../domain/error.ts'
import { workflowRunSchema } from '../../../domain/jobs/workflow-run.ts'
import type { ObjectStore } from '../../ports/objects.ts'

/**
 * What is written down of a job beside the ledger before anything starts: neither executions of Cloud Run nor custom jobs of
 * Vertex AI have a name of the caller's, so whoever makes this object alone may start one (promise R33).
 */
export const jobRecordSchema = z.looseObject({
  schema: z.literal('sluice.job/v1'),
  kind: z.enum(['cloud-run-job', 'vertex-job']),
  id: z.string(),
  /** Where it is found: the job of Cloud Run, `projects/.../jobs/films-test-train-fit`; for Vertex AI the location. */
  job: z.string(),
  /** Name of the step, for its lines of output. */
  step: z.string(),
  /** Milliseconds that the step may take. */
  timeout: z.number(),
  /** Milliseconds since the epoch, of whoever may start it now. */
  claimedAt: z.number(),
  /** Resource name of its execution, or of its custom job, once it is known. */
  execution: z.string().nullable(),
  /** Set before it is stopped: who ended it, in the end. */
  ending: z.enum(['stopped', 'timed-out']).nullable(),
  /** The run of a workflow that started it, where one did. */
  run: workflowRunSchema.optional(),
})
export type JobRecord = z.infer<typeof jobRecordSchema>

export interface Stored {
  readonly record: JobRecord
  readonly etag: string
}

export interface JobRecords {
  read(id: string): Promise<Stored | undefined>
  /** `conflict` where somebody else was faster; `etag` absent: only if nothing is there. */
  write(record: JobRecord, etag?: string): Promise<Stored | 'conflict'>
}

export function jobRecords(objects: ObjectStore, bucket: string): JobRecords {
  const uriOf = (id: string): string => `gs://${bucket}/sluice/jobs/${id}.json`
  return {
    async read(id) {
      const found = await objects.read(uriOf(id))
      if (found === undefined) return undefined
      const content = await text(found.body)
      try {
        return { record: jobRecordSchema.parse(JSON.parse(content)), etag: found.info.etag }
      } catch (cause) {
        throw externalError(
          'user',
          { what: `${uriOf(id)} is not what Sluice wrote`, remedy: 'remove it' },
          cause,
        )
      }
    },
    async write(record, etag) {
      const body = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)
      const made = await objects.write(
        uriOf(record.id),
        body,
        etag === undefined ? { absent: true } : { etag },
      )
      return made === 'conflict' ? made : { record, etag: made.etag }
    },
  }
}
