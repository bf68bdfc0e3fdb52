import type { FastifyInstance } from 'fastify'
import { refuseUnread } from './refuse-unread.ts'

/** Refuses a body that says it has more bytes, before any of them is read; the framework counts those that do not say. */
export function refuseLargeBodies(app: FastifyInstance, largest: number): void {
  app.addHook('onRequest', async (request, reply) => {
    // What is no number is refused by the HTTP server itself.
    if (Number(request.headers['content-length'] ?? 0) <= largest) return
    reply.hijack()
    refuseUnread(request.raw, reply.raw, {
      status: 413,
      body: { error: `a body has at most ${largest} bytes` },
    })
  })
}
