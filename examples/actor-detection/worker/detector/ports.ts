import { parse } from 'node:path/posix'
/** What the detector needs of the world around it; on AWS and on cloud local the same S3 and DynamoDB. */
import type { Tracks } from './tracks.ts'

export interface Video {
  readonly key: string
  readonly bytes: number
  /** Of these bytes and no others. */
  readonly etag: string
}

/** Where a video stands whose detection has not ended. */
export interface Checkpoint {
  /** Seconds of the video that are done. */
  readonly done: number
  readonly tracks: Tracks
  readonly frames: number
  /** How often detection has begun at this very moment of the video. */
  readonly attempts: number
  /** Moments at which it was taken up again. */
  readonly resumed: readonly number[]
}

export interface Objects {
  /** Videos without a result. */
  pending(): Promise<readonly Video[]>
  /** Path of the video on this machine. */
  fetch(video: Video): Promise<string>
  /** Forgets the video on this machine. */
  forget(video: Video): Promise<void>
  /** False where there is a result already: a video has one. */
  finish(video: Video, result: unknown): Promise<boolean>
  log(video: Video, lines: readonly string[]): Promise<void>
}

export interface Checkpoints {
  read(video: Video): Promise<Checkpoint | undefined>
  write(video: Video, checkpoint: Checkpoint): Promise<void>
  remove(video: Video): Promise<void>
}

/** What the catalogue says of a film. */
export interface Film {
  readonly genre: string
  readonly director: string
}

/** One item of the table. */
export interface Entity extends Film {
  readonly movieId: string
  readonly entityId: string
  readonly entityType: 'actor' | 'movie'
  /** Day of the detection, `2026-11-21`. */
  readonly processingDate: string
  readonly name?: string
  readonly confidence?: number
  readonly screenTime?: number
}

export interface Entities {
  film(movieId: string): Promise<Film | undefined>
  /** Attributes that are not named stay; the same again changes nothing. */
  put(entities: readonly Entity[]): Promise<void>
}

/** `videos/night-bakery.mp4` -> `night-bakery` */
export function movieId({ key }: Pick<Video, 'key'>): string {
  return parse(key).name
}
