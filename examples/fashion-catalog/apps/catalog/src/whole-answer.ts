import type { FastifyInstance } from 'fastify'

/** Beyond this an upload is not worth waiting for. */
const PATIENCE_BYTES = 64 * 1024 * 1024

/**
 * Has an upload that is too large read to its end, unseen, so that whoever sends it gets the answer: a connection that is
 * closed while bytes arrive is reset, and the answer with it (RFC 9112, section 9.6). One that is far too large is cut off.
 */
export function answersWhole(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
    if (reply.statusCode === 413 && length <= PATIENCE_BYTES) reply.removeHeader('connection')
  })
}
