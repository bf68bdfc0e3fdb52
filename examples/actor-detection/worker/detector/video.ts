import { CAST, entityId } from './cast.ts'
import { figuresIn } from './figures.ts'
import { framesOf, NotAVideo, RATE } from './frames.ts'
import {
  type Checkpoint,
  type Checkpoints,
  type Entities,
  type Film,
  movieId,
  type Objects,
  type Video,
} from './ports.ts'
import { type ActorResult, actorsOf, follow } from './tracks.ts'

export const DETECTOR = 'figures-1'

/** The document under results/. */
export interface Result {
  readonly schema: 'actor-detection.result/v1'
  readonly movieId: string
  readonly video: string
  readonly etag: string
  readonly bytes: number
  readonly detector: string
  /** ISO 8601. */
  readonly processedAt: string
  /** Of the video. */
  readonly seconds: number
  readonly frames: number
  /** Seconds of the video at which detection was taken up again after its machine had ended. */
  readonly resumed: readonly number[]
  readonly actors: readonly ActorResult[]
  /** Why there is nothing to detect; null: there was. */
  readonly problem: string | null
}

export interface Work {
  readonly ffmpeg: string
  readonly objects: Objects
  readonly checkpoints: Checkpoints
  readonly entities: Entities
  readonly now: () => Date
  readonly say: (line: string) => void
}

/** Seconds of the video between two checkpoints: what a machine that is taken away costs at most. */
const CHECKPOINT_EVERY = 5
/** A video that ends its machine at the same place so often is not looked at again. */
const LARGEST_ATTEMPTS = 3
const UNKNOWN: Film = { genre: 'unknown', director: 'unknown' }
const NOTHING: Checkpoint = { done: 0, tracks: {}, frames: 0, attempts: 0, resumed: [] }

/**
 * One video from where it stands to its result: entities in the table, a log, one document under results/. It may be ended at any
 * moment and begun again: what is written is written once, or is the same.
 */
export async function processVideo(work: Work, video: Video): Promise<void> {
  const { checkpoints, now } = work
  const lines: string[] = []
  const say = (line: string): void => {
    lines.push(`${now().toISOString()} ${line}`)
    work.say(`${video.key}: ${line}`)
  }
  const before = await checkpoints.read(video)
  const start = begun(before)
  say(before === undefined ? `begins: ${video.bytes} bytes` : `goes on at second ${start.done}`)
  await checkpoints.write(video, start)
  try {
    await finish(work, video, start, lines, say)
  } catch (error) {
    // What a process survives is no fault of the video: it does not count as an attempt.
    const stands = (await checkpoints.read(video)) ?? start
    await checkpoints.write(video, { ...stands, attempts: Math.max(0, stands.attempts - 1) })
    throw error
  }
}

async function finish(
  work: Work,
  video: Video,
  start: Checkpoint,
  lines: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const { objects, checkpoints, now } = work
  const { checkpoint, problem } = await detect(work, video, start)
  const result = resultOf(video, checkpoint, problem, now())
  if (problem === null) await work.entities.put(await entitiesOf(work, result))
  for (const { name, screenTime, confidence } of result.actors) {
    say(`${name}: ${screenTime} s, confidence ${confidence}`)
  }
  say(problem ?? `done: ${result.frames} frames of ${result.seconds} s, ${result.actors.length} actors`)
  await objects.log(video, lines)
  if (!(await objects.finish(video, result))) work.say(`${video.key}: has a result of another machine`)
  await checkpoints.remove(video)
  await objects.forget(video)
}

/** Where to begin, and that it was begun there. */
export function begun(before: Checkpoint | undefined): Checkpoint {
  if (before === undefined) return { ...NOTHING, attempts: 1 }
  return { ...before, attempts: before.attempts + 1, resumed: [...before.resumed, before.done] }
}

async function detect(
  { ffmpeg, objects, checkpoints }: Work,
  video: Video,
  start: Checkpoint,
): Promise<{ readonly checkpoint: Checkpoint; readonly problem: string | null }> {
  if (start.attempts > LARGEST_ATTEMPTS) {
    return {
      checkpoint: start,
      problem: `given up: ${LARGEST_ATTEMPTS} machines ended at second ${start.done}`,
    }
  }
  let checkpoint = start
  try {
    for await (const { at, frame } of framesOf(ffmpeg, await objects.fetch(video), start.done)) {
      // A checkpoint stands before the first frame that it has not seen.
      if (at >= checkpoint.done + CHECKPOINT_EVERY) {
        checkpoint = { ...checkpoint, done: at, attempts: 0 }
        await checkpoints.write(video, checkpoint)
      }
      const tracks = follow(checkpoint.tracks, at, figuresIn(frame))
      checkpoint = { ...checkpoint, tracks, frames: checkpoint.frames + 1 }
    }
    return { checkpoint, problem: null }
  } catch (error) {
    if (error instanceof NotAVideo) return { checkpoint, problem: `not a video: ${error.message}` }
    throw error
  }
}

function resultOf(video: Video, checkpoint: Checkpoint, problem: string | null, at: Date): Result {
  const { frames, tracks, resumed } = checkpoint
  return {
    schema: 'actor-detection.result/v1',
    movieId: movieId(video),
    video: video.key,
    etag: video.etag,
    bytes: video.bytes,
    detector: DETECTOR,
    processedAt: at.toISOString(),
    seconds: frames / RATE,
    frames,
    resumed,
    actors: actorsOf(tracks, 1 / RATE),
    problem,
  }
}

/** The film, now processed, and each of its actors, with what the catalogue says of the film. */
async function entitiesOf({ entities }: Work, { movieId, actors, processedAt }: Result) {
  const film = (await entities.film(movieId)) ?? UNKNOWN
  const common = { movieId, ...film, processingDate: processedAt.slice(0, 10) }
  const found = actors.flatMap(({ name, confidence, screenTime }) =>
    CAST.filter((actor) => actor.name === name).map((actor) => ({
      ...common,
      entityId: entityId(actor),
      entityType: 'actor' as const,
      name,
      confidence,
      screenTime,
    })),
  )
  return [{ ...common, entityId: 'movie', entityType: 'movie' as const }, ...found]
}
