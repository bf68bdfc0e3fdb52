import { describe, expect, test } from 'vitest'
import { openMachineJobs } from '../../../src/providers/aws/jobs/ec2/record.ts'
import { kindOfJob, openJobRecords } from '../../../src/providers/aws/jobs/job-record.ts'
import { MemoryObjects } from '../../world/objects.ts'

const LEDGER = 's3://ledger/ledger/'

const both = [
  ['jobs', (objects: MemoryObjects, id: string) => openJobRecords(objects, LEDGER).read(id)],
  ['machines', (objects: MemoryObjects, id: string) => openMachineJobs(objects, LEDGER).read(id)],
] as const

describe.each(both)('the records beside the ledger under %s/', (folder, read) => {
  test('stand where the id says, and nothing there is no job', async () => {
    const objects = new MemoryObjects()
    expect(await read(objects, 'train-1')).toBeUndefined()
    await objects.write(`s3://ledger/ledger/${folder}/train-1.json`, Buffer.from('{}'))
    await expect(read(objects, 'train-1')).rejects.toThrow(`${folder}/train-1.json is damaged`)
  })

  test.each(['', '../locks', 'a/b', 'a b', 'x'.repeat(101)])(
    'an id that is no name of an object is refused: %j',
    async (id) => {
      const asked = (async () => read(new MemoryObjects(), id))()
      await expect(asked).rejects.toMatchObject({ outcome: 'usage' })
    },
  )

  test.each(['', '{"schema":', '{"schema":"sluice.job/v9"}'])(
    'a record of %j is refused with what to do',
    async (text) => {
      const objects = new MemoryObjects()
      await objects.write(`s3://ledger/ledger/${folder}/train-1.json`, Buffer.from(text))
      await expect(read(objects, 'train-1')).rejects.toMatchObject({
        outcome: 'usage',
        remedy: expect.stringContaining('remove the object'),
      })
    },
  )
})

test('whose job it is stands in its record, whatever else stands there', async () => {
  const objects = new MemoryObjects()
  expect(await kindOfJob(objects, LEDGER, 'train-1')).toBeUndefined()
  const later = JSON.stringify({ schema: 'sluice.job/v2', kind: 'batch-job' })
  await objects.write('s3://ledger/ledger/jobs/train-1.json', Buffer.from(later))
  expect(await kindOfJob(objects, LEDGER, 'train-1')).toBe('batch-job')
})
