import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeReal } from '../../../test/real.ts'
import { clipOf } from '../clips/clip.ts'
import { writeClip } from '../clips/encode.ts'
import { type Checkpoint, type Entity, movieId, type Video } from '../worker/detector/ports.ts'
import { processVideo, type Result, type Work } from '../worker/detector/video.ts'

const VIDEO: Video = { key: 'videos/night-bakery.mp4', bytes: 1, etag: 'abc' }

/** A machine's world in memory. `fate` is asked before each checkpoint, and may end the machine. */
function world(path: string, fate: (written: number) => void = () => {}) {
  const results: Result[] = []
  const entities: Entity[] = []
  const state: { checkpoint: Checkpoint | undefined } = { checkpoint: undefined }
  let written = 0
  const work: Work = {
    ffmpeg: 'ffmpeg',
    now: () => new Date('2026-11-21T20:00:00Z'),
    say: () => {},
    objects: {
      pending: async () => [VIDEO],
      fetch: async () => path,
      forget: async () => {},
      log: async () => {},
      finish: async (_video, result) => {
        if (results.length > 0) return false
        results.push(result as Result)
        return true
      },
    },
    checkpoints: {
      read: async () => state.checkpoint,
      write: async (_video, checkpoint) => {
        written += 1
        fate(written)
        state.checkpoint = checkpoint
      },
      remove: async () => {
        state.checkpoint = undefined
      },
    },
    entities: {
      film: async () => ({ genre: 'drama', director: 'S. Brandt' }),
      put: async (items) => void entities.push(...items),
    },
  }
  return { work, results, entities, state }
}

test('the id of a film is the name of its video', () => {
  expect(movieId({ key: 'videos/night-bakery.mp4' })).toBe('night-bakery')
  expect(movieId({ key: 'videos/no-end' })).toBe('no-end')
  expect(movieId({ key: 'videos/a.b.mkv' })).toBe('a.b')
})

describeReal('over real videos', ['ffmpeg'], () => {
  let folder = ''
  let path = ''
  let whole: Result | undefined
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'video-'))
    path = join(folder, 'clip.mp4')
    await writeClip(clipOf(2, 30, 4), path)
    const { work, results } = world(path)
    await processVideo(work, VIDEO)
    whole = results[0]
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('a video becomes a result, and its film and each actor an item with what the catalogue says', async () => {
    const { work, results, entities, state } = world(path)
    await processVideo(work, VIDEO)
    expect(results[0]).toMatchObject({ movieId: 'night-bakery', seconds: 30, resumed: [], problem: null })
    const names = results[0]?.actors.map(({ name }) => name)
    expect(names?.length).toBeGreaterThan(1)
    expect(entities.map(({ entityType }) => entityType)).toEqual([
      'movie',
      ...(names ?? []).map(() => 'actor'),
    ])
    for (const entity of entities) {
      expect(entity).toMatchObject({ genre: 'drama', director: 'S. Brandt', processingDate: '2026-11-21' })
    }
    expect(state.checkpoint).toBeUndefined()
  })

  test.each([1, 3, 5])(
    'R28 a machine that ends at checkpoint %i costs what came after it; the next one gives the same result, once',
    async (last) => {
      const machine = new Error('the machine is gone')
      const { work, results, state } = world(path, (written) => {
        if (written > last) throw machine
      })
      await expect(processVideo(work, VIDEO)).rejects.toBe(machine)
      expect(results).toEqual([])
      const next = world(path)
      next.state.checkpoint = state.checkpoint
      await processVideo(next.work, VIDEO)
      expect(next.results).toHaveLength(1)
      expect(next.results[0]).toEqual({ ...whole, resumed: [(last - 1) * 5] })
    },
  )

  test('a result of another machine stays', async () => {
    const { work, results } = world(path)
    await processVideo(work, VIDEO)
    await processVideo(work, { ...VIDEO, bytes: 2 })
    expect(results).toEqual([whole])
  })

  test('what is no video gets a result that says so, and no items', async () => {
    const bad = join(folder, 'bad.mp4')
    await writeFile(bad, 'no video')
    const { work, results, entities } = world(bad)
    await processVideo(work, VIDEO)
    expect(results).toMatchObject([{ actors: [], problem: expect.stringMatching(/^not a video: /) }])
    expect(entities).toEqual([])
  })

  test('a video that has ended three machines at one place is given up; a failure around it does not count', async () => {
    const { work, results, state } = world(path)
    state.checkpoint = { done: 10, tracks: {}, frames: 40, attempts: 3, resumed: [10, 10] }
    await processVideo(work, VIDEO)
    expect(results[0]?.problem).toBe('given up: 3 machines ended at second 10')
    const failing = world(path)
    const entities = {
      ...failing.work.entities,
      put: async () => Promise.reject(new Error('the table does not answer')),
    }
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(processVideo({ ...failing.work, entities }, VIDEO)).rejects.toThrow('the table')
    }
    await processVideo(failing.work, VIDEO)
    expect(failing.results).toMatchObject([{ problem: null, actors: whole?.actors }])
  })
})
