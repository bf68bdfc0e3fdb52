import * as z from 'zod'
import { type Digest, digestOf, hexOf } from '../domain/digest.ts'
import { SluiceError } from '../domain/error.ts'
import { digestSchema } from '../domain/system/images.ts'
import type { ObjectStore } from '../providers/ports/objects.ts'
import { readStored, writeStored } from './stored.ts'

/** Counts how often one question was asked of one data set: every look spends error budget (promise R40). */
export interface LookCounter {
  /** Number of this look, from 1; the same evidence is the same look however often it is judged. */
  look(model: string, dataset: string, evidence: Digest): Promise<number>
  /** The number that `look` would give, without counting it. */
  peek(model: string, dataset: string, evidence: Digest): Promise<number>
}

const looksSchema = z.looseObject({
  schema: z.literal('sluice.looks/v1'),
  model: z.string(),
  dataset: z.string(),
  /** Digests of the evidence, in the order of the looks. */
  evidence: z.array(digestSchema),
})

/** Others may count at the same moment; each of them that is faster costs one attempt. */
const ATTEMPTS = 20

/** Looks as ledger objects `looks/<model>/<hash of the data set's digest>.json`, changed by compare-and-swap only. */
export function openLooks(objects: ObjectStore, ledger: string): LookCounter {
  const base = ledger.endsWith('/') ? ledger : `${ledger}/`
  const uriOf = (model: string, dataset: string): string =>
    `${base}looks/${encodeURIComponent(model)}/${hexOf(digestOf(dataset))}.json`
  const read = (uri: string) => readStored(objects, uri, looksSchema)
  const numberOf = (known: readonly Digest[], evidence: Digest): number => {
    const index = known.indexOf(evidence)
    return index < 0 ? known.length + 1 : index + 1
  }
  return {
    peek: async (model, dataset, evidence) =>
      numberOf((await read(uriOf(model, dataset)))?.value.evidence ?? [], evidence),
    look: async (model, dataset, evidence) => {
      const uri = uriOf(model, dataset)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const stored = await read(uri)
        const known = stored?.value.evidence ?? []
        if (known.includes(evidence)) return numberOf(known, evidence)
        const value = { schema: 'sluice.looks/v1', model, dataset, evidence: [...known, evidence] }
        const only = stored === undefined ? ({ absent: true } as const) : { etag: stored.etag }
        if ((await writeStored(objects, uri, value, only)) !== 'conflict') return known.length + 1
      }
      throw new SluiceError('locked', 'user', {
        what: `${uri} is being written by others all the time`,
        rule: 'looks at a data set are counted one after the other',
        remedy: 'run evaluate again',
      })
    },
  }
}
