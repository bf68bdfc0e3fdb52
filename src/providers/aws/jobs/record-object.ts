import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { usageError } from '../../../domain/error.ts'
import type { ObjectStore } from '../../ports/objects.ts'

/** How a job ended, as every record of one keeps it. Milliseconds since the epoch. */
export const jobEndSchema = z.object({
  state: z.enum(['succeeded', 'failed', 'timed-out', 'stopped']),
  exitCode: z.number().nullable(),
  reason: z.string().nullable(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
})

/** Who ends a job, written down before: on some platforms the end itself looks the same. */
export const jobEndingSchema = z.enum(['stopped', 'timed-out'])

/** What a damaged record is told with, beside its URI. */
export interface Damage {
  /** What else it may be: `a newer version`. */
  readonly versions: string
  readonly rule: string
  readonly remedy: string
}

const ID = /^[A-Za-z0-9._-]{1,100}$/

/**
 * Where the record of a job stands.
 *
 * @param folder URI of the folder of all records of its kind
 * @throws SluiceError usage where the id would be no name of an object, or that of another folder
 */
export function recordUri(folder: string, id: string): string {
  if (ID.test(id)) return `${folder}/${id}.json`
  throw usageError({
    what: `"${id}" is no id of a job`,
    rule: 'letters, digits, ".", "_" and "-", 100 at most',
  })
}

/** URI of the folder of this name beside the ledger. */
export const besideLedger = (ledger: string, folder: 'jobs' | 'machines'): string =>
  `${ledger.replace(/\/+$/, '')}/${folder}`

export const recordBytes = (record: object): Uint8Array =>
  Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)

/**
 * A record with the etag that it is changed over; undefined where there is none.
 *
 * @throws SluiceError usage where it is damaged
 */
export async function readRecord<T>(
  objects: Pick<ObjectStore, 'read'>,
  uri: string,
  schema: z.ZodType<T>,
  { versions, rule, remedy }: Damage,
): Promise<{ readonly record: T; readonly etag: string } | undefined> {
  const found = await objects.read(uri)
  if (found === undefined) return undefined
  const content = await text(found.body)
  try {
    return { record: schema.parse(JSON.parse(content)), etag: found.info.etag }
  } catch (cause) {
    throw usageError({ what: `${uri} is damaged, or of ${versions}`, rule, remedy }, cause)
  }
}
