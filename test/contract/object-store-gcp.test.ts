import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAccess } from '../../src/providers/gcp/access.ts'
import { openClient } from '../../src/providers/gcp/client.ts'
import { openObjects } from '../../src/providers/gcp/objects.ts'
import type { ObjectStore } from '../../src/providers/ports/objects.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { type FakeGcs, startFakeGcs } from '../real/fake-gcs.ts'
import { describeReal } from '../real.ts'
import { ledgerContract } from './ledger.ts'
import { objectStoreContract } from './object-store.ts'

let places = 0

describeReal('Cloud Storage by fake-gcs-server', ['fake-gcs-server'], () => {
  let server: FakeGcs
  let store: ObjectStore
  beforeAll(async () => {
    server = await startFakeGcs(['data'])
    store = storeAt(server.url)
  })
  afterAll(() => server[Symbol.asyncDispose]())
  objectStoreContract('Cloud Storage', async () => ({ store, base: `gs://data/${places++}/` }))
  ledgerContract(async () => ({ objects: store, uri: `gs://data/ledger-${places++}/` }))

  test('a stream of several parts arrives whole, and one that breaks off leaves nothing', async () => {
    const part = Buffer.alloc(5 * 1024 * 1024, 'films ')
    const large = await store.write('gs://data/large', Readable.from([part, part, part, part]))
    expect(large).toMatchObject({ size: 4 * part.length })
    const read = await store.read('gs://data/large')
    expect(
      (await buffer(read?.body ?? Readable.from([]))).equals(Buffer.concat([part, part, part, part])),
    ).toBe(true)
    async function* broken(): AsyncGenerator<Buffer> {
      yield* [part, part, part]
      throw new Error('the source broke')
    }
    await expect(store.write('gs://data/torn', Readable.from(broken()))).rejects.toThrow('the source broke')
    expect(await store.read('gs://data/torn')).toBeUndefined()
  })

  test('a bucket that is not there is an error, not an empty answer', async () => {
    await expect(store.write('gs://nowhere/x', Buffer.from('x'))).rejects.toMatchObject({ outcome: 'stale' })
  })
})

function storeAt(url: string): ObjectStore {
  const env = { CLOUDSDK_AUTH_ACCESS_TOKEN: 'token', CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: url }
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, '/', env)
  return openObjects(openClient(runtime, openAccess(runtime, 'films-1')))
}
