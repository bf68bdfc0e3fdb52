import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { INDEX } from '../../../src/tools/oci/media-types.ts'
import { type Access, Gate } from './access.ts'
import type { Fault, FaultPlan } from './faults.ts'
import { RegistryStore, type Repository, sha256, uploadId } from './store.ts'

export interface FakeRegistryOptions {
  readonly access?: Access
  readonly faults?: FaultPlan
  /** A tag never names another digest (ECR's IMMUTABLE). */
  readonly immutable?: boolean
  /** Only repositories that somebody has made are there (ECR, Artifact Registry). */
  readonly mustExist?: boolean
  /** No byte ranges of blobs. */
  readonly noRanges?: boolean
  /** Leaves out what the specification lets a registry leave out. */
  readonly terse?: boolean
  /** Lists what refers to a digest. */
  readonly referrers?: boolean
  /** Refuses requests that are longer. */
  readonly longest?: number
}

export interface FakeRegistry extends AsyncDisposable {
  readonly host: string
  readonly store: RegistryStore
  readonly gate: Gate
  /** `GET /v2/a/manifests/1`, in order. */
  readonly asked: string[]
  /** Bytes of request bodies that came. */
  received(): number
  faults: FaultPlan
  onRequest: (request: IncomingMessage) => void
}

/** A registry of the OCI Distribution Specification 1.1 in memory, on 127.0.0.1. */
export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const store = new RegistryStore()
  const gate = new Gate(options.access ?? { kind: 'open' })
  const asked: string[] = []
  let received = 0
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`)
    asked.push(`${request.method} ${url.pathname}`)
    registry.onRequest(request)
    request.on('data', (piece: Buffer) => {
      received += piece.length
    })
    request.on('error', () => {})
    const fault = registry.faults({ method: request.method ?? '', path: url.pathname, number: asked.length })
    new Exchange(request, response, url, store, gate, options).run(fault).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry: FakeRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    gate,
    asked,
    received: () => received,
    faults: options.faults ?? (() => undefined),
    onRequest: () => {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return registry
}

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: Buffer
}

const failure = (status: number, code: string, message = ''): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ errors: [{ code, message }] })),
})

class Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #url: URL
  readonly #store: RegistryStore
  readonly #gate: Gate
  readonly #options: FakeRegistryOptions

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    store: RegistryStore,
    gate: Gate,
    options: FakeRegistryOptions,
  ) {
    this.#request = request
    this.#response = response
    this.#url = url
    this.#store = store
    this.#gate = gate
    this.#options = options
  }

  async run(fault: Fault | undefined): Promise<void> {
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'meanwhile') fault.happens()
    if (fault?.kind === 'status') {
      const code = fault.code ?? 'UNKNOWN'
      const answer = failure(fault.status, code, 'a fault')
      return this.#send({ ...answer, headers: { ...answer.headers, ...fault.headers } }, undefined)
    }
    const answer = await this.#answer(fault)
    if (fault?.kind === 'lost' || fault?.kind === 'cut') this.#response.destroy()
    else this.#send(answer, fault)
  }

  #send({ status, headers = {}, body = Buffer.alloc(0) }: Answer, fault: Fault | undefined): void {
    const bytes = fault?.kind === 'corrupt' ? flipped(body, fault.at) : body
    this.#response.writeHead(status, { 'content-length': String(body.length), ...headers })
    if (this.#request.method === 'HEAD') this.#response.end()
    else if (fault?.kind === 'truncate') {
      this.#response.write(bytes.subarray(0, fault.after), () => {
        // A moment later, so that what was written is on its way.
        if (fault.hang !== true) setTimeout(() => this.#response.destroy(), 20)
      })
    } else this.#response.end(bytes)
  }

  async #answer(fault: Fault | undefined): Promise<Answer> {
    const { method = '' } = this.#request
    const path = this.#url.pathname
    if (path === '/token') {
      const issued = this.#gate.issue(this.#request, this.#url, (await this.#body()).toString('utf8'))
      return { status: issued.status, body: Buffer.from(JSON.stringify(issued.body)) }
    }
    if (path === '/v2/') {
      const challenge = this.#gate.refuses(this.#request, this.#url.origin, '', false)
      if (challenge === undefined) return { status: 200, body: Buffer.from('{}') }
      return { ...failure(401, 'UNAUTHORIZED'), headers: { 'www-authenticate': challenge } }
    }
    const [, subject] = (this.#options.referrers && /^\/v2\/(.+)\/referrers\/[^/]+$/.exec(path)) || []
    if (subject !== undefined) return this.#referrers(this.#store.make(subject), path.split('/').at(-1) ?? '')
    const match = /^\/v2\/(.+)\/(manifests|blobs)\/(uploads\/)?([^/]*)$/.exec(path)
    if (match === null) return failure(404, 'UNSUPPORTED')
    const [, name = '', kind, uploads, reference = ''] = match
    const writes = method !== 'GET' && method !== 'HEAD'
    const challenge = this.#gate.refuses(this.#request, this.#url.origin, name, writes)
    if (challenge !== undefined) {
      return { ...failure(401, 'UNAUTHORIZED'), headers: { 'www-authenticate': challenge } }
    }
    if (this.#options.mustExist && !this.#store.repositories.has(name)) return failure(404, 'NAME_UNKNOWN')
    if (
      Number(this.#request.headers['content-length'] ?? 0) >
      (this.#options.longest ?? Number.POSITIVE_INFINITY)
    ) {
      return failure(413, 'SIZE_INVALID')
    }
    const at = writes
      ? this.#store.make(name)
      : (this.#store.repositories.get(name) ?? new RegistryStore().make(name))
    if (kind === 'manifests') return writes ? this.#putManifest(at, reference) : this.#manifest(at, reference)
    if (uploads === undefined) return this.#blob(at, reference)
    return method === 'POST' ? this.#begin(at, name) : this.#upload(at, name, reference, fault)
  }

  /** "Listing Referrers". */
  #referrers(at: Repository, digest: string): Answer {
    const manifests = [...at.manifests].flatMap(([name, { bytes, mediaType }]) => {
      const { subject, annotations } = JSON.parse(bytes.toString('utf8'))
      return subject?.digest === digest ? [{ mediaType, digest: name, size: bytes.length, annotations }] : []
    })
    return {
      status: 200,
      headers: { 'content-type': INDEX },
      body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })),
    }
  }

  #manifest(at: Repository, reference: string): Answer {
    const digest = at.tags.get(reference) ?? reference
    const found = at.manifests.get(digest)
    if (found === undefined) return failure(404, 'MANIFEST_UNKNOWN')
    const accepts = (this.#request.headers.accept ?? '').split(',').map((one) => one.trim())
    if (!accepts.includes(found.mediaType)) return failure(404, 'MANIFEST_UNKNOWN', 'not in this form')
    return {
      status: 200,
      headers: {
        'content-type': found.mediaType,
        ...(this.#options.terse ? {} : { 'docker-content-digest': digest }),
      },
      body: found.bytes,
    }
  }

  async #putManifest(at: Repository, reference: string): Promise<Answer> {
    const bytes = await this.#body()
    const digest = sha256(bytes)
    if (reference.startsWith('sha256:') && reference !== digest) return failure(400, 'DIGEST_INVALID')
    const value = JSON.parse(bytes.toString('utf8')) as Record<
      string,
      { digest: string; mediaType: string }[]
    >
    for (const blob of [value['config'] ?? [], value['layers'] ?? []].flat()) {
      if (!at.blobs.has(blob.digest) && !blob.mediaType.includes('foreign')) {
        return failure(400, 'MANIFEST_BLOB_UNKNOWN', blob.digest)
      }
    }
    for (const child of value['manifests'] ?? []) {
      if (!at.manifests.has(child.digest)) return failure(400, 'MANIFEST_BLOB_UNKNOWN', child.digest)
    }
    if (!reference.startsWith('sha256:')) {
      const before = at.tags.get(reference)
      if (this.#options.immutable && before !== undefined) return failure(400, 'TAG_INVALID', 'immutable')
      at.tags.set(reference, digest)
    }
    at.manifests.set(digest, { bytes, mediaType: this.#request.headers['content-type'] ?? '' })
    return { status: 201, headers: { 'docker-content-digest': digest } }
  }

  #blob(at: Repository, digest: string): Answer {
    const bytes = at.blobs.get(digest)
    if (bytes === undefined) return failure(404, 'BLOB_UNKNOWN')
    const range = /^bytes=(\d+)-(\d+)$/.exec(this.#request.headers.range ?? '')
    if (range === null || this.#options.noRanges) return { status: 200, body: bytes }
    const [from, to] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)]
    return {
      status: 206,
      headers: { 'content-range': `bytes ${from}-${to}/${bytes.length}` },
      body: bytes.subarray(from, to + 1),
    }
  }

  #begin(at: Repository, name: string): Answer {
    const mount = this.#url.searchParams.get('mount')
    const from = this.#store.repositories.get(this.#url.searchParams.get('from') ?? '')
    const blob = mount === null ? undefined : from?.blobs.get(mount)
    if (mount !== null && blob !== undefined) {
      at.blobs.set(mount, blob)
      return { status: 201, headers: { location: `/v2/${name}/blobs/${mount}` } }
    }
    const id = uploadId()
    at.uploads.set(id, [])
    return { status: 202, headers: { location: `/v2/${name}/blobs/uploads/${id}?state=a%3Db` } }
  }

  async #upload(at: Repository, name: string, id: string, fault: Fault | undefined): Promise<Answer> {
    const pieces = at.uploads.get(id)
    if (pieces === undefined) return failure(404, 'BLOB_UPLOAD_UNKNOWN')
    // The state is the registry's own and has to come back as it was given.
    if (!this.#url.search.includes('state=a%3Db')) return failure(400, 'BLOB_UPLOAD_INVALID')
    const size = (): number => pieces.reduce((sum, piece) => sum + piece.length, 0)
    const there = (status: number): Answer => ({
      status,
      headers: {
        location: `/v2/${name}/blobs/uploads/${id}?state=a%3Db`,
        range: `0-${Math.max(0, size() - 1)}`,
      },
    })
    switch (this.#request.method) {
      case 'GET':
        return there(204)
      case 'DELETE':
        at.uploads.delete(id)
        return { status: 204 }
      case 'PATCH': {
        const from = Number((this.#request.headers['content-range'] ?? '0').split('-')[0])
        if (from !== size()) return { ...there(416), body: Buffer.alloc(0) }
        await this.#body(pieces, fault)
        return there(202)
      }
      case 'PUT': {
        await this.#body(pieces, fault)
        const bytes = Buffer.concat(pieces)
        const digest = this.#url.searchParams.get('digest') ?? ''
        if (sha256(bytes) !== digest) return failure(400, 'DIGEST_INVALID')
        at.uploads.delete(id)
        at.blobs.set(digest, bytes)
        return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}` } }
      }
      default:
        return failure(405, 'UNSUPPORTED')
    }
  }

  /** The request's body; whatever has come stays in `pieces`. */
  async #body(pieces: Buffer[] = [], fault?: Fault): Promise<Buffer> {
    let left = fault?.kind === 'cut' ? fault.after : Number.POSITIVE_INFINITY
    for await (const piece of this.#request as AsyncIterable<Buffer>) {
      pieces.push(piece.subarray(0, left))
      left -= piece.length
      if (left <= 0) {
        this.#request.destroy()
        break
      }
    }
    return Buffer.concat(pieces)
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
