import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { FORMATS } from '../shared/formats.ts'
import type { Objects } from '../shared/objects.ts'
import { probe } from '../shared/probe.ts'
import { isId, resultKey, sourceKey, type Video, type Videos } from '../shared/videos.ts'
import { type Conversion, convert, Unreadable } from './convert.ts'
import { oneAtATime } from './one-at-a-time.ts'

export interface Workshop {
  readonly pool: pg.Pool
  readonly videos: Videos
  readonly objects: Objects
  readonly conversion: Conversion
  /** A video that was begun so often is given up. */
  readonly attempts: number
}

/**
 * `converted` by this or by an earlier delivery; `busy` while another delivery of it is at work; `absent` where there is no
 * such video; `failed` where it did not convert, now or ever.
 */
export type Outcome = 'converted' | 'busy' | 'absent' | 'failed'

/**
 * Converts a video once, however often it is announced. While it does, it holds the video's lock in PostgreSQL, which goes
 * with the process that held it: what a killed worker had begun, the next delivery begins anew.
 */
export async function processVideo(workshop: Workshop, id: string, signal: AbortSignal): Promise<Outcome> {
  if (!isId(id)) return 'absent'
  return (await oneAtATime(workshop.pool, id, () => processAlone(workshop, id, signal))) ?? 'busy'
}

async function processAlone(workshop: Workshop, id: string, signal: AbortSignal): Promise<Outcome> {
  const { videos, attempts } = workshop
  const video = await videos.get(id)
  if (video === undefined) return 'absent'
  if (video.state === 'converted' || video.state === 'failed') return video.state
  // Begun as often as it may be, and its worker was killed each time.
  if (video.attempts >= attempts) {
    await videos.fail(id, 'failed', `given up after ${video.attempts} attempts`)
    return 'failed'
  }
  await videos.begin(id)
  try {
    await make(workshop, video, signal)
    await videos.finish(id)
    return 'converted'
  } catch (error) {
    if (!(error instanceof Unreadable) || signal.aborted) {
      // The bucket was away, or the worker is being stopped: not the video's fault.
      await videos.putBack(id)
      throw error
    }
    await videos.fail(id, video.attempts + 1 >= attempts ? 'failed' : 'uploaded', error.message.slice(0, 300))
    return 'failed'
  }
}

/** The result is put under one key, whole: made twice, it is there once. */
async function make({ objects, conversion }: Workshop, video: Video, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'convert-'))
  try {
    const source = join(folder, 'source')
    const target = join(folder, `target.${video.format}`)
    const content = await objects.get(sourceKey(video.id))
    if (content === undefined) throw new Unreadable('the upload is gone')
    await pipeline(content, createWriteStream(source), { signal })
    const probed = await probe(source, signal)
    if (probed === undefined) throw new Unreadable('this is not a video')
    const { name: title, format } = video
    await convert(conversion, { source, target, folder, title, format, probed, signal })
    await objects.put(resultKey(video), target, FORMATS[format].type)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
