import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CountingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** `HEAD /v2/shop/api/manifests/fp-...`, in order. */
  readonly seen: string[]
  /** From now on every request gets this answer; undefined: the registry's own. */
  fail(status: number | undefined): void
  /** From now on only this `user:password` is let in; undefined: everybody. */
  guard(login: string | undefined): void
}

/** Stands in front of a registry and writes down what is asked. */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const seen: string[] = []
  let status: number | undefined
  let login: string | undefined
  const server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    if (status !== undefined) {
      incoming.resume()
      outgoing.writeHead(status).end()
      return
    }
    const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`
    if (expected !== undefined && incoming.headers.authorization !== expected) {
      incoming.resume()
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
      return
    }
    const [hostname, port] = target.split(':')
    const upstream = request(
      { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    upstream.on('error', () => outgoing.destroy())
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fail: (answer) => {
      status = answer
    },
    guard: (wanted) => {
      login = wanted
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
