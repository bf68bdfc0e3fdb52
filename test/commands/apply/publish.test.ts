import { expect, test } from 'vitest'
import { publish } from '../../../src/commands/apply/publish.ts'
import type { OpenEnvironment } from '../../../src/commands/environment.ts'
import { type Targets, targetsSchema } from '../../../src/domain/stacks/targets.ts'
import type { ObjectStore } from '../../../src/providers/ports/objects.ts'
import { MemoryObjects } from '../../world/objects.ts'

const targets: Targets = targetsSchema.parse({
  schema: 'sluice.targets/v1',
  system: 'films',
  environment: 'production',
  ledger: 's3://films-production-ledger-1/ledger',
})

const environmentOf = (objects: Pick<ObjectStore, 'write'>): OpenEnvironment =>
  ({
    system: { environment: { cloud: 'aws' } },
    provider: async () => ({ objects }),
  }) as unknown as OpenEnvironment

test('what apply publishes is what a machine without a state reads', async () => {
  const objects = new MemoryObjects()
  await publish(environmentOf(objects), targets)
  await publish(environmentOf(objects), targets)
  expect(objects.json('s3://films-production-ledger-1/sluice/targets.json')).toEqual(targets)
})

test('a machine elsewhere must not go by what was there before: not to publish is an error', async () => {
  const failing = { write: () => Promise.reject(new Error('denied')) }
  await expect(publish(environmentOf(failing), targets)).rejects.toThrow('denied')
})
