import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpDoor } from './sts.ts'

const CONDITION = { error: { code: 412, message: 'conditionNotMet' } }

interface StoredObject {
  readonly bytes: Buffer
  readonly generation: number
}

/**
 * As much of Cloud Storage's JSON API as a state backend speaks: insert, get, list, delete, with generations as preconditions
 * (https://cloud.google.com/storage/docs/json_api/v1/objects, https://cloud.google.com/storage/docs/request-preconditions).
 */
export async function openGcs(): Promise<HttpDoor> {
  const objects = new Map<string, StoredObject>()
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => answer(objects, request, body, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/storage/v1/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function answer(
  objects: Map<string, StoredObject>,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '', 'http://storage')
  const json = (status: number, value?: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(value === undefined ? '' : JSON.stringify(value))
  }
  const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname)
  if (upload !== null) {
    const { name, bytes } = uploaded(url, request, body)
    const key = `${upload[1]}/${name}`
    if (!allowed(url, objects.get(key))) {
      json(412, CONDITION)
      return
    }
    const stored = { bytes, generation: (objects.get(key)?.generation ?? 0) + 1 }
    objects.set(key, stored)
    json(200, resource(key, stored))
    return
  }
  const listed = /^(?:\/storage\/v1)?\/b\/([^/]+)\/o$/.exec(url.pathname)
  if (listed !== null) {
    const prefix = `${listed[1]}/${url.searchParams.get('prefix') ?? ''}`
    const items = [...objects].filter(([key]) => key.startsWith(prefix))
    json(200, { kind: 'storage#objects', items: items.map(([key, object]) => resource(key, object)) })
    return
  }
  const one = /^(?:\/storage\/v1)?\/b\/([^/]+)\/o\/(.+)$/.exec(url.pathname)
  const plain = /^\/([^/]+)\/(.+)$/.exec(url.pathname)
  const [, bucket = '', name = ''] = one ?? plain ?? []
  const key = `${bucket}/${decodeURIComponent(name)}`
  const object = objects.get(key)
  if (object === undefined) {
    json(404, { error: { code: 404, message: 'No such object' } })
    return
  }
  if (request.method === 'DELETE') {
    const may = allowed(url, object)
    if (may) objects.delete(key)
    json(may ? 204 : 412, may ? undefined : CONDITION)
    return
  }
  if (one !== null && url.searchParams.get('alt') !== 'media') {
    json(200, resource(key, object))
    return
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'x-goog-generation': String(object.generation),
    'x-goog-hash': `md5=${md5(object.bytes)}`,
  })
  response.end(object.bytes)
}

function allowed(url: URL, object: StoredObject | undefined): boolean {
  const wanted = url.searchParams.get('ifGenerationMatch')
  return wanted === null || Number(wanted) === (object?.generation ?? 0)
}

/** `uploadType=multipart`: metadata and content between boundaries. */
function uploaded(url: URL, request: IncomingMessage, body: Buffer): { name: string; bytes: Buffer } {
  const boundary = /boundary="?([^";]+)/.exec(request.headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) return { name: url.searchParams.get('name') ?? '', bytes: body }
  const text = body.toString('latin1')
  const [, metadata = '', content = ''] = text.split(`--${boundary}`)
  const afterHead = (part: string): string => part.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, '')
  const { name } = JSON.parse(Buffer.from(afterHead(metadata), 'latin1').toString('utf8')) as { name: string }
  return { name, bytes: Buffer.from(afterHead(content), 'latin1') }
}

function resource(key: string, { bytes, generation }: StoredObject): object {
  const slash = key.indexOf('/')
  return {
    kind: 'storage#object',
    bucket: key.slice(0, slash),
    name: key.slice(slash + 1),
    generation: String(generation),
    metageneration: '1',
    size: String(bytes.length),
    md5Hash: md5(bytes),
  }
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('base64')

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
