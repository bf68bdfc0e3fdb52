import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool, request } from 'undici'
import type { ProxySettings } from './proxy.ts'
import { flatHeaders, type Timeouts, type Wire } from './wire.ts'

/** undici rather than node:http: it has a time-out for each phase, and watches a request's body as well. */
export function openUndiciWire(timeouts: Timeouts, proxy?: ProxySettings): Wire {
  const dispatcher = proxy === undefined ? direct(timeouts) : through(proxy, timeouts)
  return {
    async exchange({ method, url, headers, body, patience, signal }) {
      const answer = await request(url, {
        dispatcher,
        method,
        headers,
        body: (body as Uint8Array | undefined) ?? null,
        headersTimeout: timeouts[patience],
        bodyTimeout: timeouts.idle,
        signal,
      })
      return { status: answer.statusCode, headers: flatHeaders(answer.headers), body: answer.body }
    },
    close: () => dispatcher.destroy(),
  }
}

function direct({ connect }: Timeouts): Dispatcher {
  return new Agent({ connect: { timeout: connect }, pipelining: 1 })
}

/** Connections through a tunnel (CONNECT, RFC 9110, 9.3.6): the proxy sees names of hosts, and no bytes in the clear. */
function through({ url, except }: ProxySettings, { connect }: Timeouts): Dispatcher {
  return new EnvHttpProxyAgent({
    // Empty rather than undefined, which would be read from the environment of this process.
    httpProxy: '',
    httpsProxy: url.href,
    noProxy: except,
    pipelining: 1,
    connect: { timeout: connect },
    proxyTls: { timeout: connect },
    requestTls: { timeout: connect },
    // A proxy that does not answer is a connection that does not come about.
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: connect }),
  })
}
