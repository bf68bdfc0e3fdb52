import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

type Resource = Record<string, unknown> & { metageneration: string }

/**
 * Buckets of Cloud Storage and projects, as far as bootstrap asks for them: insert refuses a name that is taken (409), patch
 * merges and holds `ifMetagenerationMatch` (412), get of somebody else's bucket is forbidden.
 * https://cloud.google.com/storage/docs/json_api/v1/buckets
 */
export interface Storage extends AsyncDisposable {
  readonly url: string
  readonly buckets: Map<string, Resource>
  /** `METHOD path`, in order. */
  readonly seen: string[]
  /** The answers to the next requests that match are lost after their effect. */
  lose(matches: (request: string) => boolean, times: number): void
  /** Before the next patch, somebody else changes the bucket. */
  interfere(change: Readonly<Record<string, unknown>>): void
}

export const PROJECT_NUMBER = '4711'

export async function startStorage(): Promise<Storage> {
  const buckets = new Map<string, Resource>()
  const seen: string[] = []
  let losing: { matches: (request: string) => boolean; left: number } | undefined
  let interference: Readonly<Record<string, unknown>> | undefined

  const answer = async (incoming: IncomingMessage): Promise<readonly [number, unknown]> => {
    const url = new URL(incoming.url ?? '/', 'http://storage')
    const failed = (code: number, message: string) => [code, { error: { code, message } }] as const
    if (incoming.headers.authorization !== 'Bearer token') return failed(401, 'Invalid Credentials')
    if (url.pathname === '/v3/projects/films-1') return [200, { name: `projects/${PROJECT_NUMBER}` }]
    const name = url.pathname.split('/')[4] ?? ''
    const body = await json(incoming)
    switch (incoming.method) {
      case 'GET': {
        const found = buckets.get(name)
        return found === undefined ? failed(404, 'The specified bucket does not exist.') : [200, found]
      }
      case 'POST': {
        const wanted = String(body['name'])
        if (buckets.has(wanted)) return failed(409, 'The requested bucket name is not available.')
        const location = String(body['location']).toUpperCase()
        const made = { ...body, location, projectNumber: PROJECT_NUMBER, metageneration: '1' }
        buckets.set(wanted, made)
        return [200, made]
      }
      case 'PATCH': {
        const found = buckets.get(name)
        if (found === undefined) return failed(404, 'The specified bucket does not exist.')
        if (interference !== undefined) {
          Object.assign(found, interference, { metageneration: `${Number(found.metageneration) + 1}` })
          interference = undefined
        }
        const wanted = url.searchParams.get('ifMetagenerationMatch')
        if (wanted !== null && wanted !== found.metageneration) return failed(412, 'Precondition Failed')
        Object.assign(found, body, { metageneration: `${Number(found.metageneration) + 1}` })
        return [200, found]
      }
      default:
        return failed(405, 'no such method')
    }
  }

  const server = createServer(async (incoming, response) => {
    const call = `${incoming.method} ${incoming.url}`
    seen.push(call)
    const [status, body] = await answer(incoming)
    if (losing?.matches(call) && losing.left-- > 0) return void incoming.socket.destroy()
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    buckets,
    seen,
    lose: (matches, times) => {
      losing = { matches, left: times }
    },
    interfere: (change) => {
      interference = change
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function json(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}
