import { openAnnounce } from '../shared/announce.ts'
import { openDatabase } from '../shared/database.ts'
import { numberBetween, required } from '../shared/environment.ts'
import { Videos } from '../shared/videos.ts'

/** A sweep ends before the next one begins; what is left is the next one's. */
const MOST = 500

/** Announces again what was uploaded and left unprocessed. A video that is converted twice is there once. */
const { env } = process
const after = numberBetween(env, 'SLUICE_PARAM_SECONDS', 0, 86_400)
const announce = await openAnnounce(required(env, 'UPLOADED_TOPIC'), env)
const pool = await openDatabase(env)
try {
  const videos = new Videos(pool)
  const left = await videos.leftBehind(after, MOST)
  for (const id of left) {
    await announce(id)
    await videos.announced(id)
  }
  console.log(`announced again: ${left.length}`)
} finally {
  await pool.end()
}
