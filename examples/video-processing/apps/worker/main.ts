import { openDatabase } from '../shared/database.ts'
import { numberBetween, required } from '../shared/environment.ts'
import { openObjects } from '../shared/objects.ts'
import { Videos } from '../shared/videos.ts'
import { conversionOf } from './conversion.ts'
import { buildServer } from './server.ts'

const { env } = process
/** A little less than sluice.yml's stop-timeout: what is not finished by then comes again. */
const LAST_CALL = 110_000

const conversion = conversionOf(env)
const attempts = numberBetween(env, 'ATTEMPTS', 1, 100)
const objects = await openObjects(required(env, 'VIDEOS_URI'), env)
const pool = await openDatabase(env)
const stopping = new AbortController()

const app = buildServer({ pool, objects, conversion, attempts, videos: new Videos(pool) }, stopping.signal)
await app.listen({ port: Number(env['PORT'] ?? 8081), host: env['HOST'] ?? '0.0.0.0' })
process.once('SIGTERM', async () => {
  setTimeout(() => stopping.abort(new Error('the worker stops')), LAST_CALL).unref()
  await app.close()
  await pool.end()
  process.exit(0)
})
