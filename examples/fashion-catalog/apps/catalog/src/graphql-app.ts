import { costLimitPlugin } from '@escape.tech/graphql-armor-cost-limit'
import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth'
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import fastify, { type FastifyInstance } from 'fastify'
import { createYoga } from 'graphql-yoga'
import type { Files } from './files.ts'
import { isTooLarge, refuseLargeBodies } from './large-bodies.ts'
import { catalogSchema } from './schema.ts'
import { MOST_PICTURE_BYTES, type Search } from './search.ts'

const PATH = '/graphql'
/** The parts of a form around the picture. */
const FORM_BYTES = 64 * 1024
const LARGEST = MOST_PICTURE_BYTES + FORM_BYTES

const EXAMPLE = `# Products of the catalog. Try also searchByText(text: "red watch for women").
{
  filesByFilters(masterCategory: "Apparel", limit: 5) {
    id
    productDisplayName
    baseColour
    s3Path
  }
}
`

/** GraphQL at /graphql, with a page to try queries; questions that cost too much are refused before they run. */
export function graphqlApp(files: Files, search: Search): FastifyInstance {
  const app = fastify({ forceCloseConnections: 'idle', bodyLimit: LARGEST })
  const yoga = createYoga({
    graphqlEndpoint: PATH,
    schema: catalogSchema(files, search),
    // The page comes with its scripts, and loads nothing from elsewhere.
    renderGraphiQL,
    graphiql: { title: 'fashion-catalog', defaultQuery: EXAMPLE },
    landingPage: false,
    logging: 'error',
    plugins: [
      maxTokensPlugin({ n: 1000 }),
      maxDepthPlugin({ n: 5 }),
      maxAliasesPlugin({ n: 10 }),
      costLimitPlugin({ maxCost: 1000 }),
    ],
  })
  const refuseLarge = refuseLargeBodies(app, LARGEST)
  app.setErrorHandler((error, request, reply) => {
    if (isTooLarge(error)) return refuseLarge(request, reply)
    throw error
  })
  // Bodies are read here, where their size is limited.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.get('/', async (_request, reply) => reply.redirect(PATH))
  app.get('/health', async () => ({ status: 'ok', files: await files.count() }))
  app.route({
    url: PATH,
    method: ['GET', 'POST', 'OPTIONS'],
    handler: async (request, reply) => {
      const headers = Object.entries(request.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as [string, string]],
      )
      const answer = await yoga.fetch(`http://localhost${request.url}`, {
        method: request.method,
        headers,
        ...(request.body instanceof Uint8Array ? { body: request.body } : {}),
      })
      reply.code(answer.status)
      answer.headers.forEach((value, name) => {
        reply.header(name, value)
      })
      return reply.send(await answer.text())
    },
  })
  return app
}
