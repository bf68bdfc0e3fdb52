import fastify from 'fastify'
import { versionsPage } from './html.ts'
import { Registry } from './registry.ts'

const server = process.env['MLFLOW_TRACKING_URI']
if (server === undefined) throw new Error('the environment variable MLFLOW_TRACKING_URI is not set')
const registry = new Registry(server, process.env['MLFLOW_TRACKING_TOKEN'])

const app = fastify({ forceCloseConnections: 'idle' })
app.addHook('onSend', async (_request, reply) => {
  reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
})
app.get('/', async (_request, reply) => reply.type('text/html').send(versionsPage(await registry.versions())))
app.get('/versions', async () => ({ versions: await registry.versions() }))
app.get('/health', async () => ({ status: 'ok', versions: (await registry.versions()).length }))

const address = await app.listen({
  port: Number(process.env['PORT'] ?? 5000),
  host: process.env['HOST'] ?? '0.0.0.0',
})
console.log(`registry listens at ${address}`)
process.once('SIGTERM', async () => {
  await app.close()
  process.exit(0)
})
