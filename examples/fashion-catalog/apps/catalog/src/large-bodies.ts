import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuseUnread } from './refuse-unread.ts'

/** Answers with 413, and has the answer arrive although the client may still be sending. */
export type RefuseLarge = (request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** A body that says it has more bytes is refused before any of them is read; the framework counts those that do not say. */
export function refuseLargeBodies(app: FastifyInstance, largest: number): RefuseLarge {
  const refuse: RefuseLarge = (request, reply) => {
    reply.hijack()
    const body = { error: `a body has at most ${largest} bytes` }
    refuseUnread(request.raw, reply.raw, { status: 413, body })
    return reply
  }
  app.addHook('onRequest', async (request, reply) => {
    // What is no number is refused by the HTTP server itself.
    if (Number(request.headers['content-length'] ?? 0) > largest) refuse(request, reply)
  })
  return refuse
}

/** The framework counted one byte too many. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
