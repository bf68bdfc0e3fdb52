import { openAnnounce } from '../shared/announce.ts'
import { openDatabase } from '../shared/database.ts'
import { numberBetween, required } from '../shared/environment.ts'
import { openObjects } from '../shared/objects.ts'
import { Videos } from '../shared/videos.ts'
import { buildServer } from './server.ts'
import { openTokens } from './tokens.ts'
import { Users } from './users.ts'

const { env } = process
const MIB = 1024 * 1024

const tokens = openTokens(required(env, 'JWT_KEY'))
const objects = await openObjects(required(env, 'VIDEOS_URI'), env)
const announce = await openAnnounce(required(env, 'UPLOADED_TOPIC'), env)
const largest = numberBetween(env, 'LARGEST_UPLOAD_MIB', 1, 2047) * MIB
const pool = await openDatabase(env)

const app = await buildServer({
  tokens,
  objects,
  announce,
  largest,
  users: new Users(pool),
  videos: new Videos(pool),
})
await app.listen({ port: Number(env['PORT'] ?? 8080), host: env['HOST'] ?? '0.0.0.0' })
process.once('SIGTERM', async () => {
  await app.close()
  await pool.end()
  process.exit(0)
})
