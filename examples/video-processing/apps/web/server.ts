import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance } from 'fastify'
import type { Announce } from '../shared/announce.ts'
import type { Objects } from '../shared/objects.ts'
import type { Videos } from '../shared/videos.ts'
import { accountRoutes } from './account-routes.ts'
import { refuseUnread } from './refuse-unread.ts'
import type { Tokens } from './tokens.ts'
import { uploadRoute } from './upload-route.ts'
import type { Users } from './users.ts'
import { videoRoutes } from './video-routes.ts'

export interface ServerOptions {
  readonly users: Users
  readonly videos: Videos
  readonly objects: Objects
  readonly announce: Announce
  readonly tokens: Tokens
  /** Bytes of an upload. */
  readonly largest: number
}

/** The API with its interactive documentation at /docs. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { tokens } = options
  const app = fastify({
    // Of JSON; an upload has its own limit.
    bodyLimit: 16 * 1024,
    forceCloseConnections: 'idle',
    logger: { level: 'warn' },
  })
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'video-processing',
        description: 'Converts videos: sign up, sign in, upload, and download what became of them',
        version: '1.0.0',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.decorateRequest('user', '')

  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
  app.get('/health', { schema: { summary: 'Whether it can take traffic' } }, async () => ({ status: 'ok' }))
  accountRoutes(app, options)

  await app.register(async (inner) => {
    inner.addHook('onRequest', async (request, reply) => {
      const [, token] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
      const read =
        token === undefined ? { refused: 'sign in first: POST /sessions' } : await tokens.read(token)
      if ('user' in read) request.user = read.user
      else {
        // Whoever is not let in need not send a video to learn so.
        reply.hijack()
        refuseUnread(request.raw, reply.raw, {
          status: 401,
          headers: { 'www-authenticate': 'Bearer' },
          body: { error: read.refused },
        })
      }
    })
    videoRoutes(inner, options)
    uploadRoute(inner, options)
  })
  return app
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of who sent it; empty where nobody has to sign in. */
    user: string
  }
}
