import fastify, { type FastifyInstance } from 'fastify'
import { type Pushed, pushedVideo } from './message.ts'
import { type Outcome, processVideo, type Workshop } from './process-video.ts'

/**
 * Any status but 2xx brings the message again, later, until the topic gives it up. A delivery that finds another at work is
 * done: the other one has a message too, and behind both is the sweep.
 */
const STATUS = { converted: 204, busy: 202, absent: 404, failed: 422 } as const satisfies Record<
  Outcome,
  number
>

const body = {
  type: 'object',
  required: ['message'],
  properties: {
    message: {
      type: 'object',
      properties: { data: { type: 'string' }, messageId: { type: 'string' } },
    },
  },
}

/** Takes what a topic of Pub/Sub pushes. */
export function buildServer(workshop: Workshop, stopping: AbortSignal): FastifyInstance {
  const app = fastify({ bodyLimit: 64 * 1024, forceCloseConnections: 'idle', logger: { level: 'warn' } })
  app.get('/health', async () => ({ status: 'ok' }))
  app.post<{ Body: Pushed }>('/messages', { schema: { body } }, async (request, reply) => {
    const id = pushedVideo(request.body)
    if (id === undefined) {
      request.log.warn({ messageId: request.body.message.messageId }, 'a message announces no video')
      return reply.code(400).send({ error: 'the message announces no video' })
    }
    const outcome = await processVideo(workshop, id, stopping)
    if (STATUS[outcome] >= 400) request.log.warn({ video: id, outcome }, 'a video was not converted')
    const status = STATUS[outcome]
    return reply.code(status).send(status === 204 ? undefined : { outcome })
  })
  return app
}
