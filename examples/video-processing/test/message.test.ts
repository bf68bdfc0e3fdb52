import fc from 'fast-check'
import { expect, test } from 'vitest'
import { announcedVideo, pushedVideo } from '../apps/worker/message.ts'

const pushed = (text: string) => ({ message: { data: Buffer.from(text).toString('base64') } })

test('a message names its video', () => {
  fc.assert(
    fc.property(fc.string(), (video) => {
      expect(pushedVideo(pushed(JSON.stringify({ video })))).toBe(video)
      expect(announcedVideo(JSON.stringify({ video }))).toBe(video)
    }),
  )
})

test('whatever else a message holds, it names none, and nothing breaks', () => {
  expect(pushedVideo({ message: {} })).toBeUndefined()
  expect(pushedVideo(pushed('null'))).toBeUndefined()
  expect(pushedVideo(pushed('{"video": 7}'))).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), (data) => {
      expect(pushedVideo({ message: { data } })).toBeUndefined()
    }),
  )
})
