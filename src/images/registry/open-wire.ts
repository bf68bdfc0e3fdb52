import { openDocumentWire } from './document-wire.ts'
import type { ProxySettings } from './proxy.ts'
import type { Timeouts, Wire } from './wire.ts'

/** What streams is loaded when the first blob moves, or when a proxy stands between: Node's own client knows none of them. */
export function openWire(timeouts: Timeouts, proxy?: ProxySettings): Wire {
  const documents = openDocumentWire(timeouts)
  let streams: Promise<Wire> | undefined
  const streaming = (): Promise<Wire> => {
    streams ??= import('./undici-wire.ts').then(({ openUndiciWire }) => openUndiciWire(timeouts, proxy))
    return streams
  }
  return {
    exchange: async (request) =>
      request.kind === 'document' && proxy === undefined
        ? documents.exchange(request)
        : (await streaming()).exchange(request),
    async close() {
      await documents.close()
      await (await streams)?.close()
    },
  }
}
