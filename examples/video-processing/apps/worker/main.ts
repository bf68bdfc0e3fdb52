import { openDatabase } from '../shared/database.ts'
import { numberBetween, required } from '../shared/environment.ts'
import { openObjects } from '../shared/objects.ts'
import { Videos } from '../shared/videos.ts'
import { conversionOf } from './conversion.ts'
import { processVideo } from './process-video.ts'
import { buildServer } from './server.ts'
import { takeMessages } from './take-messages.ts'

const { env } = process
/** A little less than sluice.yml's stop-timeout: what is not finished by then comes again. */
const LAST_CALL = 110_000

const conversion = conversionOf(env)
const attempts = numberBetween(env, 'ATTEMPTS', 1, 100)
const objects = await openObjects(required(env, 'VIDEOS_URI'), env)
const pool = await openDatabase(env)
const stopping = new AbortController()
const lastCall = new AbortController()

const workshop = { pool, objects, conversion, attempts, videos: new Videos(pool) }
const app = buildServer(workshop, lastCall.signal)
await app.listen({ port: Number(env['PORT'] ?? 8081), host: env['HOST'] ?? '0.0.0.0' })
const taken = env['UPLOADED_QUEUE'] === undefined ? undefined : takeFrom(env['UPLOADED_QUEUE'])
process.once('SIGTERM', async () => {
  stopping.abort()
  setTimeout(() => lastCall.abort(new Error('the worker stops')), LAST_CALL).unref()
  await Promise.all([app.close(), taken])
  await pool.end()
  process.exit(0)
})

/** On AWS nobody calls with a message: it is fetched. */
async function takeFrom(url: string): Promise<void> {
  const { sqsQueue } = await import('./queue-sqs.ts')
  const taking = {
    queue: sqsQueue(url),
    delay: {
      least: numberBetween(env, 'RETRY_LEAST_SECONDS', 0, 43_200),
      most: numberBetween(env, 'RETRY_MOST_SECONDS', 0, 43_200),
    },
    process: (video: string) => processVideo(workshop, video, lastCall.signal),
    warn: (said: object, sentence: string) => app.log.warn(said, sentence),
  }
  await takeMessages(taking, stopping.signal)
}
