import { text } from 'node:stream/consumers'
import * as z from 'zod'
import { SluiceError } from '../../../domain/error.ts'
import { digestSchema, imageReferenceSchema } from '../../../domain/system/images.ts'
import type { ObjectStore, Precondition } from '../../ports/objects.ts'
import type { Move, WorkerRecord } from './moves.ts'

const runSchema = z.object({
  id: z.string(),
  image: imageReferenceSchema,
  release: digestSchema.nullable(),
  at: z.number(),
})
const recordSchema = z.object({
  schema: z.literal('sluice.worker/v1'),
  serving: runSchema.nullable(),
  staged: runSchema.extend({ moved: z.boolean() }).nullable(),
  first: z.string(),
})

/** Attempts at a record that others move as well. */
const RACES = 6

export interface WorkerRecords {
  read(worker: string): Promise<WorkerRecord | undefined>
  /** Looks, decides and writes, until nobody else has written in between (promise R30). */
  move(
    worker: string,
    fresh: () => Promise<WorkerRecord>,
    decide: (now: WorkerRecord) => Move,
  ): Promise<Exclude<Move, { kind: 'change' }>>
}

/** `workers/<name>.json` beside the ledger. */
export function openWorkerRecords(
  objects: Pick<ObjectStore, 'read' | 'write'>,
  ledger: () => Promise<string>,
): WorkerRecords {
  const uriOf = async (worker: string): Promise<string> =>
    `${(await ledger()).replace(/\/+$/, '')}/workers/${worker}.json`
  const look = async (uri: string) => {
    const found = await objects.read(uri)
    return found === undefined
      ? undefined
      : { etag: found.info.etag, record: parsed(uri, await text(found.body)) }
  }
  return {
    read: async (worker) => (await look(await uriOf(worker)))?.record,
    move: async (worker, fresh, decide) => {
      const uri = await uriOf(worker)
      for (let attempt = 0; attempt < RACES; attempt++) {
        const found = await look(uri)
        const move = decide(found?.record ?? (await fresh()))
        if (move.kind !== 'change') return move
        const only: Precondition = found === undefined ? { absent: true } : { etag: found.etag }
        const content = `${JSON.stringify({ schema: 'sluice.worker/v1', ...move.to }, undefined, 2)}\n`
        if ((await objects.write(uri, Buffer.from(content), only)) !== 'conflict') return { kind: 'there' }
      }
      return { kind: 'busy', by: 'somebody else, again and again' }
    },
  }
}

function parsed(uri: string, content: string): WorkerRecord {
  try {
    const { schema: _, ...record } = recordSchema.parse(JSON.parse(content))
    return record
  } catch (cause) {
    const problem = {
      what: `${uri} is not what Sluice wrote: ${(cause as Error).message}`,
      rule: 'an unknown state is never taken for success',
      remedy:
        'bring back its last version, or remove it: the next rollout goes by what the parameter of the worker says',
    }
    throw new SluiceError('cannot-observe', 'user', problem, { cause })
  }
}
