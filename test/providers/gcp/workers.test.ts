import { expect, test } from 'vitest'
import { pinWorkers } from '../../../src/commands/rollout/workers.ts'
import { digestOf, type ImageReference, imageReference } from '../../../src/domain/digest.ts'
import { targetsSchema } from '../../../src/domain/stacks/targets.ts'
import { openWorkerImages } from '../../../src/providers/gcp/workers.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { MemoryObjects } from '../../world/objects.ts'
import { systemOf } from './run-world.ts'

const PIN = 'gs://films-test-ledger-films-1/workers/embed'
const image = imageReference('europe-west1-docker.pkg.dev/films-1/films-test-embed/embed', digestOf('embed'))

function setup() {
  const objects = new MemoryObjects()
  const targets = targetsSchema.parse({
    schema: 'sluice.targets/v1',
    system: 'films',
    environment: 'test',
    workers: {
      embed: {
        kind: 'gce-worker',
        project: 'films-1',
        location: 'europe-west1',
        template: 'projects/films-1/regions/europe-west1/instanceTemplates/films-test-embed-1',
        instances: {},
        image: PIN,
      },
    },
    ledger: 'gs://films-test-ledger-films-1/ledger',
  })
  const workers = openWorkerImages(objects, async () => targets)
  const worker = { name: 'embed', image: 'embed' }
  const system = systemOf([], { workers: { embed: worker } } as unknown as Parameters<typeof systemOf>[1])
  const runtime = fakeRuntime()
  const pin = (reference: ImageReference | undefined) =>
    pinWorkers(
      { system, runtime, provider: { workers } as unknown as Provider },
      reference === undefined
        ? undefined
        : ({ embed: { reference } } as unknown as Parameters<typeof pinWorkers>[1]),
    )
  return { objects, runtime, workers, pin }
}

test('a rollout writes the image of a worker where its machines ask for it, once', async () => {
  const { workers, pin, runtime } = setup()
  expect(await workers.read('embed')).toBeUndefined()
  await pin(image)
  await pin(image)
  expect(await workers.read('embed')).toBe(image)
  expect(runtime.events.filter(({ kind }) => kind === 'message')).toHaveLength(1)
})

test('without a build the image of a worker stays', async () => {
  const { workers, pin } = setup()
  await pin(image)
  await pin(undefined)
  expect(await workers.read('embed')).toBe(image)
})

test('a worker that targets.json does not name is refused with what to do', async () => {
  const { workers } = setup()
  await expect(workers.read('other')).rejects.toMatchObject({
    outcome: 'stale',
    remedy: expect.stringContaining('apply'),
  })
})
