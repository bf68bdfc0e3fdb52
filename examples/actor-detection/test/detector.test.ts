import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeReal } from '../../../test/real.ts'
import { clipOf, picturesOf } from '../clips/clip.ts'
import { writeClip } from '../clips/encode.ts'
import { CAST, hueDistance, recognise } from '../worker/detector/cast.ts'
import { figuresIn } from '../worker/detector/figures.ts'
import { framesOf, NotAVideo, RATE } from '../worker/detector/frames.ts'
import { settingsOf } from '../worker/detector/settings.ts'
import { actorsOf, follow, type Tracks } from '../worker/detector/tracks.ts'

describe('a picture', () => {
  const pictureOf = (clip: Parameters<typeof picturesOf>[0]) => {
    const [pixels] = picturesOf(clip)
    return { width: clip.width, height: clip.height, pixels: pixels ?? new Uint8Array() }
  }
  const empty = { ...clipOf(1, 1, 1), scenes: [], things: [] }

  test.each(CAST)('shows $name, who is recognised', (actor) => {
    const [figure, ...others] = figuresIn(pictureOf({ ...empty, scenes: [{ actor, from: 0, to: 1 }] }))
    expect(others).toEqual([])
    expect(recognise(figure?.hue ?? -1)?.actor).toEqual(actor)
  })

  test('balls and boxes in the colours of the cast are nobody, and scenery is nothing', () => {
    for (const { hue } of CAST) {
      for (const kind of ['ball', 'box'] as const) {
        expect(figuresIn(pictureOf({ ...empty, things: [{ kind, hue }] }))).toEqual([])
      }
    }
    expect(figuresIn(pictureOf(empty))).toEqual([])
  })
})

test('a hue between two of the cast is nobody; distances go the shorter way round', () => {
  expect(recognise(22)).toBeUndefined()
  expect(recognise(357)?.actor.name).toBe('Ada Marlowe')
  const hue = fc.double({ min: 0, max: 360, noNaN: true })
  fc.assert(
    fc.property(hue, hue, (a, b) => {
      expect(hueDistance(a, b)).toBeLessThanOrEqual(180)
      expect(hueDistance(a, b)).toBeCloseTo(hueDistance(b, a))
    }),
  )
})

describe('tracks', () => {
  const seen = { hue: 45, area: 1, box: { x: 0, y: 0, width: 1, height: 2 } }
  const tracksOf = (moments: readonly number[]): Tracks =>
    moments.reduce<Tracks>((tracks, at) => follow(tracks, at, [seen]), {})

  test('a short look away does not end an appearance, a longer one does', () => {
    const [actor] = actorsOf(tracksOf([0, 0.25, 1, 1.25, 3, 3.25]), 0.25)
    expect(actor).toMatchObject({
      name: 'Bo Lindqvist',
      screenTime: 2,
      appearances: [
        { from: 0, to: 1.25 },
        { from: 3, to: 3.25 },
      ],
    })
  })

  test('who is seen in one frame alone does not play', () => {
    expect(actorsOf(tracksOf([5]), 0.25)).toEqual([])
  })

  test('put down and taken up again at any frame, they are the same', () => {
    const moments = fc.uniqueArray(fc.nat(100), { minLength: 1 }).map((all) => all.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(moments, fc.nat(100), (all, cut) => {
        const first = JSON.parse(JSON.stringify(tracksOf(all.slice(0, cut)))) as Tracks
        const both = all.slice(cut).reduce((tracks, at) => follow(tracks, at, [seen]), first)
        expect(actorsOf(both, 1)).toEqual(actorsOf(tracksOf(all), 1))
      }),
    )
  })
})

test('settings name everything that is missing or wrong', () => {
  expect(() => settingsOf({ LOOK_EVERY: 'soon', RAW_BUCKET: 'raw' })).toThrow(
    'missing or wrong: LOOK_EVERY, PROCESSED_BUCKET, MOVIE_ENTITIES_TABLE',
  )
})

describeReal('over real videos', ['ffmpeg'], () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'detector-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('over made-up videos the detector finds exactly who plays in them, within half a second', async () => {
    const path = join(folder, 'clip.mp4')
    for (const seed of [1, 2, 3, 4]) {
      const clip = clipOf(seed, 12)
      await writeClip(clip, path)
      let tracks: Tracks = {}
      for await (const { at, frame } of framesOf('ffmpeg', path, 0))
        tracks = follow(tracks, at, figuresIn(frame))
      const found = actorsOf(tracks, 1 / RATE)
      expect(found.map(({ name }) => name).sort()).toEqual(clip.cast.map(({ name }) => name).sort())
      for (const { actor, from, to } of clip.scenes) {
        const [appearance] = found.find(({ name }) => name === actor.name)?.appearances ?? []
        expect(Math.abs((appearance?.from ?? -9) - from)).toBeLessThan(0.5)
        expect(Math.abs((appearance?.to ?? -9) - to)).toBeLessThan(0.75)
      }
    }
  })

  test.each([
    ['a program', 'MZ nothing to see'],
    ['an empty file', ''],
    ['a playlist that names a video of this machine', '#EXTM3U\n#EXTINF:12,\nclip.mp4\n#EXT-X-ENDLIST\n'],
    ['a list that names a video of this machine', "ffconcat version 1.0\nfile 'clip.mp4'\n"],
  ])('R5 %s is no video, and nothing that it names is opened', async (_what, text) => {
    const path = join(folder, 'bad.mp4')
    await writeClip(clipOf(1, 1), join(folder, 'clip.mp4'))
    await writeFile(path, text)
    const read = async (): Promise<void> => {
      for await (const _ of framesOf('ffmpeg', path, 0)) throw new Error('a picture')
    }
    const error = await read().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(NotAVideo)
    expect((error as Error).message).not.toContain(folder)
  })
})
