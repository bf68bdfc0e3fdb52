import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Balancer, type Route } from './balancer.ts'
import { forward, REVISION_HEADER, refuse } from './forward.ts'
import { passUpgrade } from './upgrade.ts'

/** Clients may keep an idle connection for this long; longer than browsers and load balancers do. */
const KEEP_ALIVE = 75_000
/** Milliseconds for the head of a request; its body may take as long as it likes. */
const HEAD_TIMEOUT = 60_000

/** The one address of a service: it stays while revisions come and go behind it. */
export interface ServiceProxy {
  /** On 127.0.0.1. */
  readonly port: number
  /** Replaces all routes at once; `reason` is what clients are told while there is none. */
  route(routes: readonly Route[], reason: string): void
  /** Waits for the requests at a process that is no longer routed to; cut when `limit` settles first. */
  drain(backend: string, limit: Promise<void>): Promise<number>
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

/**
 * A reverse proxy on 127.0.0.1 with weights between revisions.
 *
 * @param port fixed port, or 0 for any free one.
 * @throws Error with code EADDRINUSE where the port is taken.
 */
export async function openProxy(port: number, headTimeout = HEAD_TIMEOUT): Promise<ServiceProxy> {
  const balancer = new Balancer()
  const limits = {
    keepAliveTimeout: KEEP_ALIVE,
    requestTimeout: 0,
    // Without its own limit it is that of the whole request: none.
    headersTimeout: headTimeout,
    connectionsCheckingInterval: Math.min(headTimeout, 30_000),
  }
  let reason = 'nothing was rolled out yet'
  const server = createServer(limits, (request, response) => {
    const wanted = request.headers[REVISION_HEADER] as string | undefined
    const choice = balancer.choose(wanted)
    if (choice === undefined) refuse(response, 503, wanted === undefined ? reason : `no revision ${wanted}`)
    else forward(request, response, choice, (except) => balancer.choose(wanted, except))
  })
  server.on('upgrade', (request, socket, head) => {
    const wanted = request.headers[REVISION_HEADER] as string | undefined
    passUpgrade(request, socket, head, balancer.choose(wanted))
  })
  await listen(server, port)
  return {
    port: (server.address() as AddressInfo).port,
    route: (routes, why) => {
      reason = why
      balancer.route(routes)
    },
    drain: (backend, limit) => balancer.drain(backend, limit),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      await balancer.destroy()
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
