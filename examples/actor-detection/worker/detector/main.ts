import { setTimeout as wait } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { openEntities } from './entities.ts'
import { openObjects } from './objects.ts'
import { settingsOf } from './settings.ts'
import { processVideo, type Work } from './video.ts'

/**
 * Works through the videos that have no result, then looks for new ones. It never ends by itself: a machine without work is ended by
 * its idleness, which waiting is.
 */
const settings = settingsOf(process.env)
const { objects, checkpoints } = openObjects(new S3Client({}), settings, process.cwd())
const work: Work = {
  ffmpeg: settings.ffmpeg,
  objects,
  checkpoints,
  entities: openEntities(new DynamoDBClient({}), settings.table),
  now: () => new Date(),
  say: (line) => console.log(line),
}
for (const end of ['SIGTERM', 'SIGINT'] as const) process.once(end, () => process.exit(0))
console.log(`the detector looks for videos in s3://${settings.raw}/${settings.videos}`)
for (;;) {
  const [next] = await objects.pending()
  if (next === undefined) await wait(settings.lookEvery)
  else await processVideo(work, next)
}
