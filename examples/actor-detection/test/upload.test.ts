import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeUpload, type UploadRequest } from '../functions/src/upload.ts'

const RULES = { buckets: ['raw', 'films-raw-1'], prefix: 'videos/', largest: 1000 }
const GOOD: UploadRequest = { bucket: 'raw', folder: 'videos', filename: 'night-bakery.mp4', size: '1000' }

test.each([
  ['night-bakery.mp4', 'video/mp4'],
  ['a.mov', 'video/quicktime'],
  ['a.b.mkv', 'video/x-matroska'],
  ['9.webm', 'video/webm'],
])('%s is accepted as %s, by either name of the bucket', (filename, type) => {
  for (const bucket of RULES.buckets) {
    expect(judgeUpload({ ...GOOD, bucket, filename }, RULES)).toEqual({
      kind: 'accepted',
      key: `videos/${filename}`,
      type,
      size: 1000,
    })
  }
})

test.each([
  ['another bucket', { bucket: 'processed' }, 404],
  ['no bucket', { bucket: undefined }, 404],
  ['another folder', { folder: 'code' }, 403],
  ['a folder above', { folder: '..' }, 403],
  ['a name with a slash', { filename: '../code/detector.mp4' }, 400],
  ['a name that begins with a dot', { filename: '.mp4' }, 400],
  ['a name with two dots in a row', { filename: 'a..mp4' }, 400],
  ['a program', { filename: 'a.exe' }, 400],
  ['a name of another case', { filename: 'a.MP4' }, 400],
  ['no name', { filename: undefined }, 400],
  ['no size', { size: undefined }, 411],
  ['an empty video', { size: '0' }, 411],
  ['a size that is no number', { size: '1e3' }, 411],
  ['a byte too many', { size: '1001' }, 413],
  ['a size beyond all numbers', { size: '9'.repeat(40) }, 411],
])('%s is refused', (_what, over, status) => {
  expect(judgeUpload({ ...GOOD, ...over }, RULES)).toMatchObject({ kind: 'refused', status })
})

test('R5 whatever is asked for, a URL leads to one key right below the prefix, and to no more bytes than allowed', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('raw', 'videos', '..', 'a.mp4', '10'))
  const request = fc.record({ bucket: text, folder: text, filename: text, size: text })
  const near = fc.record({
    bucket: fc.constant('raw'),
    folder: fc.constant('videos'),
    filename: fc
      .string({ unit: fc.constantFrom('a', '.', '/', '\\', '%', '\n', '\0', 'é') })
      .map((name) => `${name}.mp4`),
    size: fc.nat(2000).map(String),
  })
  fc.assert(
    fc.property(fc.oneof(request, near), (asked) => {
      const verdict = judgeUpload(asked, RULES)
      if (verdict.kind === 'refused') return
      expect(verdict.key).toMatch(/^videos\/[A-Za-z0-9_.-]+\.(?:mp4|mov|mkv|webm)$/)
      expect(verdict.key).not.toContain('..')
      expect(verdict.size).toBeLessThanOrEqual(1000)
    }),
  )
})
