import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe } from 'vitest'
import { openS3Objects, type S3Objects } from '../../src/providers/aws/objects.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { testSession } from '../providers/aws/session.ts'
import { type Endpoint, KEYS, openEndpoint } from '../providers/local/objects/s3/endpoint.ts'
import { type Moto, startMoto } from '../real/moto.ts'
import { describeReal } from '../real.ts'
import { ledgerContract } from './ledger.ts'
import { objectStoreContract } from './object-store.ts'

const machine = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, '/')
let places = 0

describe('S3 by our own endpoint', () => {
  let endpoint: Endpoint
  let store: S3Objects
  beforeAll(async () => {
    endpoint = await openEndpoint()
    await endpoint.client().send(new CreateBucketCommand({ Bucket: 'data' }))
    store = openS3Objects(testSession({ endpoint: endpoint.url, region: 'us-east-1', keys: KEYS }), machine)
  })
  afterAll(async () => {
    store.close()
    await endpoint.close()
  })
  objectStoreContract('S3, our own endpoint', async () => ({ store, base: `s3://data/${places++}/` }), {
    etag: 'md5',
  })
  ledgerContract(async () => ({ objects: store, uri: `s3://data/ledger-${places++}/` }))
})

describeReal('S3 by moto', ['moto'], () => {
  let moto: Moto
  let store: S3Objects
  beforeAll(async () => {
    moto = await startMoto()
    await fetch(`${moto.url}/data`, { method: 'PUT' })
    store = openS3Objects(testSession({ endpoint: moto.url, region: 'us-east-1' }), machine)
  })
  afterAll(async () => {
    store.close()
    await moto[Symbol.asyncDispose]()
  })
  objectStoreContract('S3, moto', async () => ({ store, base: `s3://data/${places++}/` }))
  ledgerContract(async () => ({ objects: store, uri: `s3://data/ledger-${places++}/` }))
})
