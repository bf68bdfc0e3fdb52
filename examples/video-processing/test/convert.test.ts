import { expect, test } from 'vitest'
import { conversionOf } from '../apps/worker/conversion.ts'
import { ffmpegArgv } from '../apps/worker/convert.ts'

const VARIABLES = { SECONDS_KEPT: '18', TITLE_SECONDS: '1', FRAME: '640x360' }
const conversion = { ...conversionOf(VARIABLES), threads: 2 }
const files = { source: '/t/source', target: '/t/target.mp4', titleFile: '/t/title.txt' }

/** The value after a word of the argument vector. */
const after = (argv: readonly string[], word: string): string => argv[argv.indexOf(word) + 1] ?? ''

test('the variables of the service say what is kept', () => {
  expect(conversion).toEqual({ secondsKept: 18, titleSeconds: 1, width: 640, height: 360, threads: 2 })
})

test.each([
  [{ FRAME: '641x360' }, 'even numbers'],
  [{ FRAME: '640' }, 'even numbers'],
  [{ FRAME: '' }, 'FRAME is not set'],
  [{ SECONDS_KEPT: '0' }, 'from 1 to 600'],
  [{ SECONDS_KEPT: 'NaN' }, 'from 1 to 600'],
  [{ TITLE_SECONDS: ' ' }, 'from 0.1 to 60'],
])('%o is refused', (wrong, why) => {
  expect(() => conversionOf({ ...VARIABLES, ...wrong })).toThrow(why)
})

test('R5 no more is read than is kept, and nothing but the file itself', () => {
  const argv = ffmpegArgv(conversion, { ...files, format: 'mp4', hasSound: true })
  const input = argv.slice(0, argv.indexOf('-i'))
  expect(after(input, '-t')).toBe('18')
  expect(after(input, '-protocol_whitelist')).toBe('file')
  expect(after(input, '-format_whitelist').split(',')).not.toEqual(expect.arrayContaining(['hls']))
  expect(after(argv, '-i')).toBe('/t/source')
})

test('a silent video stays silent, one with sound has silence under its titles', () => {
  const silent = ffmpegArgv(conversion, { ...files, format: 'mp4', hasSound: false })
  expect(silent).not.toContain('-c:a')
  expect(after(silent, '-filter_complex')).toContain('concat=n=3:v=1:a=0')
  const loud = ffmpegArgv(conversion, { ...files, format: 'webm', hasSound: true })
  expect([after(loud, '-c:v'), after(loud, '-c:a')]).toEqual(['libvpx', 'libopus'])
  expect(after(loud, '-filter_complex')).toContain('anullsrc=')
})

test('where it was filmed, and by whom, is not passed on', () => {
  expect(after(ffmpegArgv(conversion, { ...files, format: 'mkv', hasSound: false }), '-map_metadata')).toBe(
    '-1',
  )
})
