import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance } from 'fastify'
import type { Classifier } from './model.ts'
import type { Pin } from './pin.ts'

export interface ServerOptions {
  readonly port: number
  readonly host: string
  readonly model: string
  readonly served?: { readonly classifier: Classifier; readonly pin: Pin }
}

interface FilmText {
  readonly title: string
  readonly plot: string
}

/** The API with its interactive documentation at /docs. */
export async function buildServer({ model, served }: ServerOptions): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: 256 * 1024, forceCloseConnections: 'idle' })
  await app.register(swagger, {
    openapi: {
      info: { title: 'filmlens', description: 'Flags sensitive content in films', version: '1.0.0' },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })

  const pinned = served === undefined ? undefined : `${served.pin.version}@${served.pin.digest}`

  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))

  app.get(
    '/health',
    { schema: { summary: 'Whether it can take traffic, and with which model' } },
    async () => ({
      status: 'ok',
      models: pinned === undefined ? {} : { [model]: pinned },
    }),
  )

  app.post<{ Body: FilmText }>(
    '/predict',
    {
      schema: {
        summary: 'Is this film sensitive?',
        body: {
          type: 'object',
          required: ['title', 'plot'],
          additionalProperties: false,
          properties: {
            title: { type: 'string', minLength: 1, maxLength: 500, examples: ['Night Bakery'] },
            plot: {
              type: 'string',
              minLength: 1,
              maxLength: 100_000,
              examples: ['In a harbour town, a young nurse sells heroin to children.'],
            },
          },
        },
        response: {
          200: {
            type: 'object',
            properties: {
              sensitive: { type: 'boolean' },
              score: { type: 'number', description: 'P(sensitive), 0 to 1' },
              because: { type: 'array', items: { type: 'string' } },
              model: { type: 'string' },
            },
          },
        },
      },
    },
    async (request, reply) => {
      if (served === undefined) {
        return reply.code(503).send({ error: 'no model has been rolled out yet', remedy: 'sluice release' })
      }
      return { ...served.classifier.predict(request.body), model: `${model} ${pinned}` }
    },
  )
  return app
}

/** Serves until SIGTERM, then finishes what is under way. */
export async function startServer(options: ServerOptions): Promise<void> {
  const app = await buildServer(options)
  const address = await app.listen({ port: options.port, host: options.host })
  console.log(`api listens at ${address}`)
  process.once('SIGTERM', () => void app.close().then(() => process.exit(0)))
}
