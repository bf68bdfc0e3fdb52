import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf, type Endpoint, KEYS, openEndpoint } from './endpoint.ts'
import { signedChunks, signHeaders } from './signer.ts'

let endpoint: Endpoint
let s3: S3Client
const Bucket = 'data'

beforeAll(async () => {
  endpoint = await openEndpoint({ largest: 1_000_000 })
  s3 = endpoint.client()
  await s3.send(new CreateBucketCommand({ Bucket }))
})
afterAll(() => endpoint.close())

test('a request without a signature, with a wrong one, or of another key is refused', async () => {
  const bare = await fetch(`${endpoint.url}/${Bucket}/x`)
  expect([bare.status, await bare.text()]).toEqual([
    403,
    expect.stringContaining('<Code>AccessDenied</Code>'),
  ])
  const command = (): GetObjectCommand => new GetObjectCommand({ Bucket, Key: 'x' })
  const wrong = endpoint.client({ credentials: { ...KEYS, secretAccessKey: 'guessed' } })
  expect(await codeOf(wrong.send(command()))).toBe('SignatureDoesNotMatch')
  const other = endpoint.client({ credentials: { ...KEYS, accessKeyId: 'somebody' } })
  expect(await codeOf(other.send(command()))).toBe('InvalidAccessKeyId')
})

test('a request signed an hour ago or ahead is refused', async () => {
  for (const systemClockOffset of [-3_600_000, 3_600_000]) {
    const skewed = endpoint.client({ systemClockOffset })
    expect(await codeOf(skewed.send(new GetObjectCommand({ Bucket, Key: 'x' })))).toBe('RequestTimeTooSkewed')
  }
})

test('a header or body that changed after signing is refused and leaves nothing', async () => {
  const body = 'signed body'
  const headers = await signHeaders(endpoint.url, 'PUT', `/${Bucket}/tampered`, {
    body,
    meta: { 'x-amz-meta-a': '1' },
  })
  const url = `${endpoint.url}/${Bucket}/tampered`
  const put = async (change: Record<string, string>, sent = body): Promise<string> =>
    await (await fetch(url, { method: 'PUT', body: sent, headers: { ...headers, ...change } })).text()
  expect(await put({ 'x-amz-meta-a': '2' })).toContain('SignatureDoesNotMatch')
  expect(await put({ 'x-amz-meta-b': 'added' })).toContain('were not signed')
  expect(await put({}, 'other bytes')).toContain('XAmzContentSHA256Mismatch')
  expect(await codeOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'tampered' })))).toBe('NotFound')
  expect(await put({})).toBe('')
})

test('a Host that is not ours is refused: a web page may have resolved its own name to 127.0.0.1', async () => {
  const answer = await raw(`GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1.1 403[\s\S]*serves 127\.0\.0\.1:\d+ only/)
})

test('R46 a path cannot leave the folder, as bucket or as key, in any spelling', async () => {
  const before = await files()
  for (const path of [
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc/x',
    '/./x',
    '/.hidden/x',
    '/a%00b/x',
  ]) {
    const headers = await signHeaders(endpoint.url, 'PUT', path, { body: 'x' })
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    const answer = await raw(
      `PUT ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d[\s\S]*<Code>(NoSuchBucket|InvalidURI|InvalidBucketName)<\/Code>/)
  }
  expect(await files()).toEqual(before)
})

test('huge headers, bad requests and bad XML get an answer, and the server lives on', async () => {
  const huge = await raw(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Big: ${'a'.repeat(100_000)}\r\n\r\n`)
  expect(huge).toMatch(/^HTTP\/1.1 431/)
  expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400/)
  for (const body of ['<Delete><Object>', '', '<!DOCTYPE x [<!ENTITY a "b">]><Delete/>', '<Delete/>']) {
    const headers = await signHeaders(endpoint.url, 'POST', `/${Bucket}?delete=`, { body })
    const answer = await fetch(`${endpoint.url}/${Bucket}?delete=`, { method: 'POST', body, headers })
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('MalformedXML')])
  }
  expect(await codeOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'x' })))).toBe('NotFound')
})

test('R28 an upload that breaks off leaves no object and no bytes', async () => {
  const before = await files()
  const headers = await signHeaders(endpoint.url, 'PUT', `/${Bucket}/torn`, { body: 'x'.repeat(1000) })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const socket = connect(Number(new URL(endpoint.url).port), '127.0.0.1')
  socket.write(`PUT /${Bucket}/torn HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: 1000\r\n\r\n`)
  socket.write('x'.repeat(400))
  await expect.poll(files).toHaveLength(before.length + 1)
  socket.destroy()
  await expect.poll(files).toEqual(before)
  expect(await codeOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'torn' })))).toBe('NotFound')
})

test('an object beyond the limit is refused before it is read', async () => {
  const put = new PutObjectCommand({ Bucket, Key: 'large', Body: Buffer.alloc(1_000_001) })
  expect(await codeOf(s3.send(put))).toBe('EntityTooLarge')
})

test('signed chunks are checked one by one', async () => {
  const good = await signedChunks(endpoint.url, `/${Bucket}/chunks`, ['first ', 'second'])
  const put = async (body: string): Promise<string> =>
    await (
      await fetch(`${endpoint.url}/${Bucket}/chunks`, { method: 'PUT', headers: good.headers, body })
    ).text()
  expect(await put(good.body.replace('second', 'secund'))).toContain('SignatureDoesNotMatch')
  expect(await put(good.body.replace(/6;chunk[\s\S]*?\r\n[\s\S]*?\r\n/, ''))).toMatch(
    /SignatureDoesNotMatch|IncompleteBody/,
  )
  expect(await put(good.body.slice(0, -40))).toContain('IncompleteBody')
  expect(await codeOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'chunks' })))).toBe('NotFound')
  expect(await put(good.body)).toBe('')
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'chunks' }))
  expect(await got.Body?.transformToString()).toBe('first second')
  expect(got.ETag).toBe(`"${createHash('md5').update('first second').digest('hex')}"`)
})

async function files(): Promise<string[]> {
  const all = await readdir(endpoint.folder, { recursive: true, withFileTypes: true })
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort()
}

/** What a client that knows no rules sends. */
async function raw(request: string): Promise<string> {
  const socket = connect(Number(new URL(endpoint.url).port), '127.0.0.1')
  socket.on('error', () => {})
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await Promise.race([closed, new Promise((resolve) => socket.write(request, resolve))])
  // The server may close while we still write: what it said before counts.
  await closed
  return answer
}
