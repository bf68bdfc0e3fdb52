import { text } from 'node:stream/consumers'
import * as z from 'zod'
import type { ObjectStore } from '../../ports/objects.ts'

/** How many copies a paused service had. It lies beside the ledger: a tag of the service would be a change for the next plan. */
const pausedSchema = z.object({
  schema: z.literal('sluice.paused/v1'),
  service: z.string(),
  desired: z.int().min(1),
  /** ISO 8601, UTC. */
  at: z.string(),
})
export type Paused = z.infer<typeof pausedSchema>

export interface PausedRecords {
  remember(paused: Omit<Paused, 'schema'>): Promise<void>
  /** undefined where nothing is remembered, or nothing that can be read. */
  recall(service: string): Promise<Paused | undefined>
  forget(service: string): Promise<void>
}

/** @param ledger URI of the ledger. */
export function openPausedRecords(
  objects: Pick<ObjectStore, 'read' | 'write' | 'remove'>,
  ledger: string,
): PausedRecords {
  const uriOf = (service: string): string => `${ledger.replace(/\/+$/, '')}/paused/${service}.json`
  return {
    remember: async (paused) => {
      const record: Paused = { schema: 'sluice.paused/v1', ...paused }
      await objects.write(uriOf(paused.service), Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`))
    },
    recall: async (service) => {
      const found = await objects.read(uriOf(service))
      return found === undefined ? undefined : parse(await text(found.body))
    },
    forget: (service) => objects.remove(uriOf(service)),
  }
}

/** A damaged record costs the number of copies, not the resume: sluice.yml says the fewest. */
function parse(content: string): Paused | undefined {
  try {
    return pausedSchema.safeParse(JSON.parse(content)).data
  } catch {
    return undefined
  }
}
