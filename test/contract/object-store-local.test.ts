import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { openObjects } from '../../src/providers/local/objects/object-store.ts'
import type { ObjectStore } from '../../src/providers/ports/objects.ts'
import { objectStoreContract } from './object-store.ts'

let folder = ''
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objects-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function open(): ObjectStore {
  return openObjects({
    folder: join(folder, 'objects'),
    fileRoots: [folder],
    buckets: {
      data: { name: 'data', versioned: false, protect: false },
      models: { name: 'models', versioned: true, protect: false },
    },
    clock: { now: () => Date.now(), sleep: async () => {} },
  })
}

objectStoreContract('local bucket', async () => ({ store: open(), base: `s3://data/${count++}/` }), {
  etag: 'md5',
})
objectStoreContract(
  'local versioned bucket',
  async () => ({ store: open(), base: `s3://models/${count++}/` }),
  { etag: 'md5' },
)
objectStoreContract(
  'local files',
  async () => ({ store: open(), base: `${pathToFileURL(folder).href}/files/${count++}/` }),
  { etag: 'md5' },
)
