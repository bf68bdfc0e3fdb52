import { SluiceError } from '../../domain/error.ts'
import { type StepRecord, stepRecordSchema } from '../../domain/pipeline/record.ts'
import type { ObjectStore } from '../../providers/ports/objects.ts'
import { readStored, writeStored } from '../../release/stored.ts'

/** What the steps of one pipeline last did: `<ledger>/steps/<pipeline>/<step>.json`. */
export interface StepRecords {
  read(step: string): Promise<StepRecord | undefined>
  write(record: StepRecord): Promise<void>
}

const REMEDY = 'remove it: the step then runs again'

export function openRecords(objects: ObjectStore, ledger: string, pipeline: string): StepRecords {
  const uriOf = (step: string): string => `${ledger.replace(/\/$/, '')}/steps/${pipeline}/${step}.json`
  const stored = (step: string) => readStored(objects, uriOf(step), stepRecordSchema, REMEDY)
  return {
    read: async (step) => (await stored(step))?.value,
    write: async (record) => {
      const uri = uriOf(record.step)
      const before = await stored(record.step)
      const only = before === undefined ? ({ absent: true } as const) : { etag: before.etag }
      if ((await writeStored(objects, uri, record, only)) !== 'conflict') return
      // Somebody who follows the same job was faster with the same record.
      if ((await stored(record.step))?.value.fingerprint === record.fingerprint) return
      throw new SluiceError('locked', 'user', {
        what: `step ${record.step} was run by somebody else at the same time, with other inputs`,
        remedy: 'run train again',
      })
    },
  }
}
