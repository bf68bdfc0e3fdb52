import { Agent, request } from 'undici'
import { flatHeaders, type Timeouts, type Wire } from './wire.ts'

/** undici rather than node:http: it has a time-out for each phase, and watches a request's body as well. */
export function openUndiciWire(timeouts: Timeouts): Wire {
  const dispatcher = new Agent({ connect: { timeout: timeouts.connect }, pipelining: 1 })
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
