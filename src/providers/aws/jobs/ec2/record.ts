import * as z from 'zod'
import { workflowRunSchema } from '../../../../domain/jobs/workflow-run.ts'
import type { ObjectStore } from '../../../ports/objects.ts'
import {
  besideLedger,
  type Damage,
  jobEndingSchema,
  jobEndSchema,
  readRecord,
  recordBytes,
  recordUri,
} from '../record-object.ts'

const placementSchema = z.object({
  market: z.enum(['spot', 'on-demand']),
  machine: z.string(),
  subnet: z.string(),
})

/**
 * A job on machines of its own, beside the ledger. What will be asked of EC2 stands here before it is asked, so that whoever goes on
 * asks the same again, with the same token, and gets the same machine (promise R33).
 */
const recordSchema = z.object({
  schema: z.literal('sluice.machine-job/v1'),
  id: z.string(),
  /** `pipeline.step`. */
  key: z.string(),
  step: z.string(),
  region: z.string(),
  image: z.string(),
  /** Variables of the container, none of them secret. */
  env: z.record(z.string(), z.string()),
  /** Milliseconds that all its machines may be, together. */
  lifetime: z.number(),
  /** Milliseconds since the epoch, by the clock of who claimed it. */
  claimedAt: z.number(),
  /** When this was last written. */
  movedAt: z.number(),
  placements: z.array(placementSchema),
  /** Which machine of the job this is, from 1, and which of the places is being asked. */
  launch: z.number(),
  placement: z.number(),
  /** Manifests of checkpoints that the machine may go on from, and the number of the next one. */
  resume: z.array(z.string()),
  next: z.number(),
  /** Id of the instance; null as long as nobody has seen it start. */
  machine: z.string().nullable(),
  /** Milliseconds that earlier machines took. */
  spent: z.number(),
  /** Why it is being ended, written down before: the end of a machine looks the same. */
  ending: jobEndingSchema.nullable(),
  /** The run of a workflow that started it, where one did. */
  run: workflowRunSchema.optional(),
  end: jobEndSchema.optional(),
})
export type MachineJob = z.infer<typeof recordSchema>

export interface Stored {
  readonly record: MachineJob
  readonly etag: string
}

export interface MachineJobs {
  read(id: string): Promise<Stored | undefined>
  /** `conflict` where it is there, or is not the version of this etag any more. */
  write(record: MachineJob, over: string | null): Promise<Stored | 'conflict'>
  remove(id: string): Promise<void>
}

const DAMAGE: Damage = {
  versions: 'a newer version',
  rule: 'it says which machine of EC2 is this job',
  remedy: 'run "sluice operate reap", then remove the object',
}

/** @param ledger URI of the ledger. */
export function openMachineJobs(
  objects: Pick<ObjectStore, 'read' | 'write' | 'remove'>,
  ledger: string,
): MachineJobs {
  const uriOf = (id: string): string => recordUri(besideLedger(ledger, 'machines'), id)
  return {
    read: (id) => readRecord(objects, uriOf(id), recordSchema, DAMAGE),
    write: async (record, over) => {
      const only = over === null ? ({ absent: true } as const) : { etag: over }
      const done = await objects.write(uriOf(record.id), recordBytes(record), only)
      return done === 'conflict' ? done : { record, etag: done.etag }
    },
    remove: (id) => objects.remove(uriOf(id)),
  }
}
