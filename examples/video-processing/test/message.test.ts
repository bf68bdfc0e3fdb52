import fc from 'fast-check'
import { expect, test } from 'vitest'
import { announcedVideo } from '../apps/worker/message.ts'

const pushed = (text: string) => ({ message: { data: Buffer.from(text).toString('base64') } })

test('a message names its video', () => {
  fc.assert(
    fc.property(fc.string(), (video) => {
      expect(announcedVideo(pushed(JSON.stringify({ video })))).toBe(video)
    }),
  )
})

test('whatever else a message holds, it names none, and nothing breaks', () => {
  expect(announcedVideo({ message: {} })).toBeUndefined()
  expect(announcedVideo(pushed('null'))).toBeUndefined()
  expect(announcedVideo(pushed('{"video": 7}'))).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), (data) => {
      expect(announcedVideo({ message: { data } })).toBeUndefined()
    }),
  )
})
