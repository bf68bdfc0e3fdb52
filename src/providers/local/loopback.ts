import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of this machine alone. */
export interface Loopback {
  /** `http://127.0.0.1:40123` */
  readonly url: string
  /** Ends connections as well, whatever is under way on them. */
  close(): Promise<void>
}

/**
 * @param port 0 for one that is free.
 * @throws Error of Node, where the port is taken.
 */
export async function listenOnLoopback(server: Server, port: number): Promise<Loopback> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
