import * as z from 'zod'
import type { ObjectStore, Precondition } from '../providers/ports/objects.ts'
import { readStored, type Stored, writeStored } from './stored.ts'

/** Who rolls out, for the person who has to wait. */
export const holderSchema = z.looseObject({
  schema: z.literal('sluice.lock/v1'),
  /** Random; tells this holding from an earlier one of the same process. */
  token: z.string().min(1),
  by: z.string(),
  /** Link to the workflow run, where there is one. */
  run: z.string().nullable(),
  host: z.string(),
  pid: z.int(),
  /** Tells the process from a later one with the same number; empty where the machine cannot say. */
  born: z.string(),
  startedAt: z.string(),
  /** Renewed while the holder lives. */
  heartbeatAt: z.string(),
  /** Milliseconds after the last heartbeat at which the lock is free again. */
  lease: z.int().min(1),
  /** The holder has ended. The object stays: removing it could remove the next holder's. */
  freed: z.boolean().optional(),
})
export type Holder = z.infer<typeof holderSchema>

/** One object at the ledger; whoever created it may roll out. */
export interface RolloutLock {
  read(): Promise<Stored<Holder> | undefined>
  /** The etag to renew and free it with, or `taken`. `over` takes it from a holder whose lease has ended. */
  take(holder: Holder, over?: Stored<Holder>): Promise<string>
  renew(holder: Holder, etag: string): Promise<string>
  /** Does nothing where somebody else holds it by now. */
  free(holder: Holder, etag: string): Promise<void>
}

export function rolloutLock(objects: ObjectStore, ledger: string): RolloutLock {
  const uri = `${ledger.endsWith('/') ? ledger : `${ledger}/`}lock.json`
  const read = (): Promise<Stored<Holder> | undefined> =>
    readStored(objects, uri, holderSchema, 'if no rollout runs, remove this object and start again')
  const swap = async (holder: Holder, only: Precondition): Promise<string> => {
    const etag = await writeStored(objects, uri, holder, only)
    if (etag !== 'conflict') return etag
    // A swap of ours whose answer was lost looks like a conflict with ourselves.
    const now = await read()
    return now?.value.token === holder.token ? now.etag : 'taken'
  }
  return {
    read,
    take: (holder, over) => swap(holder, over === undefined ? { absent: true } : { etag: over.etag }),
    renew: (holder, etag) => swap(holder, { etag }),
    free: async (holder, etag) => {
      await writeStored(objects, uri, { ...holder, freed: true }, { etag })
    },
  }
}

/**
 * May this lock be taken over? A clock on another machine proves nothing, so time counts only as *we* saw it pass: the
 * same heartbeat for a whole lease. On the same machine a process that has ended holds nothing.
 */
export function isStale(
  holder: Holder,
  seen: { readonly unchangedFor: number; readonly processEnded: boolean },
): boolean {
  return holder.freed === true || seen.processEnded || seen.unchangedFor >= holder.lease
}
