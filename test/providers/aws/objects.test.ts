import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openS3Objects } from '../../../src/providers/aws/objects.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { errorOf } from '../../images/registry/client.ts'
import { testSession } from './session.ts'

const machine = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, '/')
const URI = 's3://films-data/a/b.csv'

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** What answers for S3, one request at a time. */
async function fakeS3(answer: (seen: Seen, number: number, response: ServerResponse) => void) {
  const asked: Seen[] = []
  const server = createServer(async (request, response) => {
    const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers }
    asked.push(seen)
    await buffer(request)
    answer(seen, asked.length, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const refuse = (response: ServerResponse, status: number, code: string): void => {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<Error><Code>${code}</Code><Message>it said no</Message></Error>`)
}

test.each([
  ['read', 's3:GetObject', 'arn:aws:s3:::films-data/a/b.csv', 'reading s3://films-data/a/b.csv'],
  ['write', 's3:PutObject', 'arn:aws:s3:::films-data/a/b.csv', 'writing s3://films-data/a/b.csv'],
  ['list', 's3:ListBucket', 'arn:aws:s3:::films-data of', 'listing s3://films-data/a/b.csv'],
  ['remove', 's3:DeleteObject', 'arn:aws:s3:::films-data/a/b.csv', 'removing s3://films-data/a/b.csv'],
] as const)('R24 a %s that is denied names %s and the resource', async (call, action, resource, doing) => {
  await using s3 = await fakeS3((_, __, response) => refuse(response, 403, 'AccessDenied'))
  const store = openS3Objects(testSession(s3), machine)
  const calls = {
    read: () => store.read(URI),
    write: () => store.write(URI, Buffer.from('x')),
    list: () => all(store.list(URI)),
    remove: () => store.remove(URI),
  }
  const error = await errorOf(calls[call]())
  expect(error).toMatchObject({ outcome: 'cannot-observe', whose: 'user' })
  expect(error.message).toContain(`${doing}: not permitted`)
  expect(error.message).toContain(`it needs ${action} on ${resource}`)
  expect((error as { remedy?: string }).remedy).toContain(action)
  store.close()
})

test('R24 a token that expires in the middle of a list ends it, and the list is no shorter list', async () => {
  const page =
    '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>' +
    '<Contents><Key>a/b.csv1</Key><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents></ListBucketResult>'
  await using s3 = await fakeS3((_, number, response) => {
    if (number > 1) return refuse(response, 400, 'ExpiredToken')
    response.writeHead(200, { 'content-type': 'application/xml' })
    response.end(page)
  })
  const store = openS3Objects(testSession(s3), machine)
  const seen: string[] = []
  const error = await errorOf(
    (async () => {
      for await (const { uri } of store.list(URI)) seen.push(uri)
    })(),
  )
  expect(seen).toEqual(['s3://films-data/a/b.csv1'])
  expect(error).toMatchObject({ outcome: 'cannot-observe', message: expect.stringContaining('ExpiredToken') })
  store.close()
})

test('R26 throttling is waited out; when it does not end it is told as that', async () => {
  await using s3 = await fakeS3((_, number, response) => {
    if (number <= 2) return refuse(response, 503, 'SlowDown')
    response.writeHead(200, { etag: '"e"' })
    response.end()
  })
  const patient = openS3Objects(testSession({ ...s3, attempts: 4 }), machine)
  expect(await patient.write(URI, Buffer.from('x'))).toMatchObject({ etag: 'e' })
  patient.close()
  await using busy = await fakeS3((_, __, response) => refuse(response, 503, 'SlowDown'))
  const store = openS3Objects(testSession({ ...busy, attempts: 2 }), machine)
  const error = await errorOf(store.write(URI, Buffer.from('x')))
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
  expect(error.message).toContain('throttled')
  store.close()
})

test('R25 an answer that never comes, and a body that stands still, are given up', async () => {
  await using silent = await fakeS3(() => {})
  const deaf = openS3Objects(testSession({ ...silent, timeout: 150 }), machine)
  expect(await errorOf(deaf.read(URI))).toMatchObject({ outcome: 'external', whose: 'service' })
  deaf.close()
  await using stuck = await fakeS3((_, __, response) => {
    response.writeHead(200, { etag: '"e"', 'content-length': '100' })
    response.write('half')
  })
  const store = openS3Objects(testSession({ ...stuck, timeout: 150 }), machine)
  const error = await errorOf(store.read(URI).then((found) => buffer(found?.body ?? Readable.from([]))))
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
  expect(error.message).toContain(`reading ${URI}`)
  store.close()
})

test('R25 a body that breaks off is an error, never a shorter object', async () => {
  await using s3 = await fakeS3((_, __, response) => {
    response.writeHead(200, { etag: '"e"', 'content-length': '100' })
    response.write('half', () => response.destroy())
  })
  const store = openS3Objects(testSession(s3), machine)
  const found = await store.read(URI)
  const error = await errorOf(buffer(found?.body ?? Readable.from([])))
  expect(error).toMatchObject({ outcome: 'external', whose: 'service' })
  store.close()
})

test('every call says whose bucket it must be', async () => {
  await using s3 = await fakeS3((_, __, response) => {
    response.writeHead(200, { etag: '"e"', 'content-type': 'application/xml' })
    response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>')
  })
  const store = openS3Objects(testSession({ ...s3, account: '222222222222' }), machine)
  await store.read(URI)
  await store.write(URI, Buffer.from('x'))
  await store.write(URI, Readable.from([Buffer.from('x')]))
  await all(store.list(URI))
  await store.remove(URI)
  expect(s3.asked.map(({ headers }) => headers['x-amz-expected-bucket-owner'])).toEqual(
    Array.from({ length: 5 }, () => '222222222222'),
  )
  store.close()
})

test('R30 two writes that meet inside of S3 are asked again, and no write goes without its precondition', async () => {
  await using s3 = await fakeS3((_, number, response) => {
    if (number <= 2) return refuse(response, 409, 'ConditionalRequestConflict')
    response.writeHead(200, { etag: '"e"' })
    response.end()
  })
  const store = openS3Objects(testSession(s3), fakeRuntime())
  expect(await store.write(URI, Buffer.from('x'), { absent: true })).toMatchObject({ etag: 'e' })
  expect(s3.asked.map(({ headers }) => headers['if-none-match'])).toEqual(['*', '*', '*'])
  store.close()
})

test('a bucket that is not there says who makes it', async () => {
  await using s3 = await fakeS3((_, __, response) => refuse(response, 404, 'NoSuchBucket'))
  const store = openS3Objects(testSession(s3), machine)
  const error = await errorOf(store.read(URI))
  expect(error).toMatchObject({ outcome: 'usage', message: expect.stringContaining('no bucket films-data') })
  store.close()
})

test('a large stream goes up in parts, and comes back byte for byte', async () => {
  const { openEndpoint, KEYS } = await import('../local/objects/s3/endpoint.ts')
  const endpoint = await openEndpoint()
  try {
    const { CreateBucketCommand } = await import('@aws-sdk/client-s3')
    await endpoint.client().send(new CreateBucketCommand({ Bucket: 'data' }))
    const session = testSession({ endpoint: endpoint.url, region: 'us-east-1', keys: KEYS })
    const store = openS3Objects(session, machine)
    const block = Buffer.alloc(1024 * 1024, 'films')
    const blocks = Array.from({ length: 20 }, (_, i) => Buffer.concat([Buffer.from([i]), block]))
    const made = await store.write('s3://data/large', Readable.from(blocks), { absent: true })
    const size = blocks.length * (block.length + 1)
    expect(made).toMatchObject({ size, etag: expect.stringMatching(/-2$/) })
    const read = await store.read('s3://data/large')
    expect(read?.info).toEqual(made)
    expect(Buffer.concat(blocks).equals(await buffer(read?.body ?? Readable.from([])))).toBe(true)
    expect(await store.write('s3://data/large', Readable.from(blocks), { absent: true })).toBe('conflict')
    store.close()
  } finally {
    await endpoint.close()
  }
})

test.each(['gs://data/x', 'file:///etc/passwd', 's3://UPPER/x', 's3://', 'data/x'])(
  '%s is no place on AWS',
  async (uri) => {
    await using s3 = await fakeS3((_, __, response) => response.end())
    const store = openS3Objects(testSession(s3), machine)
    expect(await errorOf(store.read(uri))).toMatchObject({ outcome: 'usage' })
    expect(s3.asked).toEqual([])
  },
)

test('a cancel ends what waits', async () => {
  const cancel = new AbortController()
  await using s3 = await fakeS3(() => cancel.abort(new Error('cancelled by the user')))
  const store = openS3Objects(testSession({ ...s3, signal: cancel.signal }), machine)
  await expect(store.read(URI)).rejects.toThrow('cancelled by the user')
  store.close()
})
