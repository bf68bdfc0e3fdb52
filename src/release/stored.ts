import { buffer } from 'node:stream/consumers'
import type * as z from 'zod'
import { SluiceError } from '../domain/error.ts'
import type { ObjectStore, Precondition } from '../providers/ports/objects.ts'

/** A ledger object as it was read: its value, and the version that a compare-and-swap names. */
export interface Stored<T> {
  readonly value: T
  readonly etag: string
}

/**
 * Reads one JSON object of the ledger; undefined where there is none.
 *
 * @throws SluiceError cannot-observe where it is there and not what it should be. Nothing is overwritten then: only a
 * person can tell whether the bytes or our idea of them are wrong.
 */
export async function readStored<T>(
  objects: ObjectStore,
  uri: string,
  schema: z.ZodType<T>,
  remedy = 'restore the object from a backup or an earlier version; nothing was changed',
): Promise<Stored<T> | undefined> {
  const object = await objects.read(uri)
  if (object === undefined) return undefined
  const text = (await buffer(object.body)).toString('utf8')
  const broken = (why: string, cause?: unknown): SluiceError =>
    new SluiceError(
      'cannot-observe',
      'user',
      { what: `${uri} is damaged: ${why}`, rule: 'objects of the ledger are never edited', remedy },
      { cause },
    )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw broken(text.length === 0 ? 'it is empty' : `it is not JSON (${(cause as Error).message})`, cause)
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw broken(`${issue?.path.join('.') || 'the object'}: ${issue?.message ?? 'wrong form'}`, parsed.error)
  }
  return { value: parsed.data, etag: object.info.etag }
}

/** Writes one JSON object, for people to read as well. Returns its etag, or `conflict`. */
export async function writeStored(
  objects: ObjectStore,
  uri: string,
  value: unknown,
  only: Precondition,
): Promise<string> {
  const info = await objects.write(uri, Buffer.from(`${JSON.stringify(value, null, 2)}\n`), only)
  return info === 'conflict' ? info : info.etag
}
