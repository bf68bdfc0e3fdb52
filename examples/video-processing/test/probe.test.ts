import { expect, test } from 'vitest'
import { videoOf } from '../apps/shared/probe.ts'

const said = (...streams: readonly object[]): string => JSON.stringify({ streams })
const pictures = { codec_type: 'video', width: 320, height: 240, disposition: { attached_pic: 0 } }
const sound = { codec_type: 'audio', disposition: { attached_pic: 0 } }

test('a video has moving pictures, and sound or none', () => {
  expect(videoOf(said(sound, pictures))).toEqual({ width: 320, height: 240, hasSound: true })
  expect(videoOf(said(pictures))?.hasSound).toBe(false)
})

test('a song with a cover, a picture without a size and a file without streams are none', () => {
  expect(videoOf(said(sound, { ...pictures, disposition: { attached_pic: 1 } }))).toBeUndefined()
  expect(videoOf(said({ ...pictures, width: 0 }))).toBeUndefined()
  expect(videoOf('{}')).toBeUndefined()
})
