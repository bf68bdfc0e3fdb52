import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance } from 'fastify'
import { type Files, type Filters, FURTHEST, MOST, type Page } from './files.ts'
import { isTooLarge, refuseLargeBodies } from './large-bodies.ts'
import { MOST_FOUND, MOST_PICTURE_BYTES, MOST_TEXT, type Search, SearchError } from './search.ts'

/** No NUL: PostgreSQL has no text with it. */
const TEXT = { type: 'string', maxLength: 100, pattern: '^[^\\u0000]*$' } as const
const FILTERS = {
  ...{ masterCategory: TEXT, gender: TEXT, baseColour: TEXT, season: TEXT },
  year: { type: 'integer', minimum: 1900, maximum: 2100 },
} as const
const PAGE = {
  limit: { type: 'integer', minimum: 1, maximum: MOST, default: 50 },
  offset: { type: 'integer', minimum: 0, maximum: FURTHEST, default: 0 },
} as const
const FOUND = { type: 'integer', minimum: 1, maximum: MOST_FOUND, default: 20 } as const
const PICTURES = ['image/jpeg', 'image/png', 'image/webp']

const query = (properties: object, required: readonly string[] = []) => ({
  querystring: { type: 'object', additionalProperties: false, properties, required },
})

/** The catalog over REST, with its documentation at /docs. */
export async function restApp(files: Files, search: Search): Promise<FastifyInstance> {
  const app = fastify({
    forceCloseConnections: 'idle',
    bodyLimit: MOST_PICTURE_BYTES,
    // A word that is not known is an error, not a filter that silently does nothing.
    ajv: { customOptions: { removeAdditional: false } },
  })
  const refuseLarge = refuseLargeBodies(app, MOST_PICTURE_BYTES)
  app.addContentTypeParser(PICTURES, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
    if (isTooLarge(error)) return refuseLarge(request, reply)
    const status = error instanceof SearchError ? error.status : (error.statusCode ?? 500)
    // What went wrong inside is for the log, not for strangers.
    if (status === 500) console.error(error)
    return reply
      .code(status)
      .send({ error: status === 500 ? 'something went wrong; try again' : error.message })
  })
  await app.register(swagger, {
    openapi: {
      info: { title: 'fashion-catalog', description: 'Products and their pictures', version: '1.0.0' },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })

  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))
  app.get('/health', { schema: { summary: 'Whether it reaches the database' } }, async () => ({
    status: 'ok',
    files: await files.count(),
  }))
  app.get<{ Querystring: Filters & Page }>(
    '/files',
    { schema: { summary: 'Products for which all that is given holds', ...query({ ...FILTERS, ...PAGE }) } },
    async ({ query: { limit, offset, ...filters } }) => ({
      files: await files.find(filters, { limit, offset }),
    }),
  )
  app.get<{ Params: { id: number } }>(
    '/files/:id',
    {
      schema: {
        summary: 'One product',
        params: { type: 'object', properties: { id: { type: 'integer', minimum: 0, maximum: 2 ** 53 } } },
      },
    },
    async ({ params: { id } }, reply) => {
      const [file] = await files.byIds([id])
      return file ?? reply.code(404).send({ error: `there is no product ${id}` })
    },
  )
  const text = { type: 'string', minLength: 1, maxLength: MOST_TEXT } as const
  app.get<{ Querystring: { text: string; limit: number } }>(
    '/search',
    {
      schema: {
        summary: 'Products whose pictures show what the text says',
        ...query({ text, limit: FOUND }, ['text']),
      },
    },
    async ({ query: { text, limit } }) => ({ found: await search.byText(text, limit) }),
  )
  app.post<{ Querystring: { limit: number }; Body: Buffer<ArrayBuffer> }>(
    '/search/image',
    {
      schema: {
        summary: 'Products whose pictures look like the one in the body',
        consumes: PICTURES,
        ...query({ limit: FOUND }),
      },
    },
    async ({ query: { limit }, body }) => ({ found: await search.byPicture(new Uint8Array(body), limit) }),
  )
  return app
}
