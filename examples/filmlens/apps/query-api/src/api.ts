import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify from 'fastify'
import { databaseTls } from './database-tls.ts'
import { type FilmQuery, Films } from './films.ts'

const films = new Films({
  host: required('DB_HOST'),
  port: Number(required('DB_PORT')),
  user: required('DB_USER'),
  password: required('DB_PASSWORD'),
  database: required('DB_DATABASE'),
  ...databaseTls(),
})

const app = fastify({ forceCloseConnections: 'idle' })
await app.register(swagger, {
  openapi: { info: { title: 'filmlens queries', description: 'Fast reads of films', version: '1.0.0' } },
})
await app.register(swaggerUi, { routePrefix: '/docs' })

app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))

app.get('/health', { schema: { summary: 'Whether it reaches the database' } }, async () => ({
  status: 'ok',
  films: await films.count(),
}))

app.get<{ Querystring: FilmQuery }>(
  '/films',
  {
    schema: {
      summary: 'Films by genre, language, years and flag',
      querystring: {
        type: 'object',
        additionalProperties: false,
        properties: {
          genre: { type: 'string', maxLength: 100 },
          language: { type: 'string', maxLength: 10 },
          from: { type: 'integer', minimum: 1850, maximum: 3000 },
          to: { type: 'integer', minimum: 1850, maximum: 3000 },
          sensitive: { type: 'boolean' },
          limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
          offset: { type: 'integer', minimum: 0, maximum: 10_000_000, default: 0 },
        },
      },
    },
  },
  async (request) => ({ films: await films.find(request.query) }),
)

app.get<{ Params: { id: string } }>(
  '/films/:id',
  { schema: { summary: 'One film' } },
  async (request, reply) => {
    const film = await films.get(request.params.id)
    return film ?? reply.code(404).send({ error: `there is no film ${request.params.id}` })
  },
)

const address = await app.listen({
  port: Number(process.env['PORT'] ?? 8001),
  host: process.env['HOST'] ?? '0.0.0.0',
})
console.log(`query-api listens at ${address}`)
process.once('SIGTERM', async () => {
  await app.close()
  await films.close()
  process.exit(0)
})

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`)
  return value
}
