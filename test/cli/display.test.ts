import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DisplayOptions, plainDisplay } from '../../src/cli/display.ts'
import { elapsedText, liveDisplay } from '../../src/cli/live.ts'
import { colourStyle, plainStyle, wantsColour } from '../../src/cli/style.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import { hostileText } from '../runtime/hostile-text.ts'
import { runnerCommands } from '../runtime/reference-runner.ts'

function screen(options: Partial<DisplayOptions> = {}) {
  const written: string[] = []
  const complete: DisplayOptions = {
    write: (text) => void written.push(text),
    redactor: new Redactor(),
    style: plainStyle,
    width: () => 80,
    verbose: false,
    now: () => 0,
    ...options,
  }
  return { written, options: complete }
}

test('a log shows messages, tables and output as lines', () => {
  const { written, options } = screen()
  const display = plainDisplay(options)
  display.event({ kind: 'message', level: 'info', text: 'building api' })
  display.event({ kind: 'message', level: 'debug', text: 'cache key' })
  display.event({ kind: 'table', title: 'Services', columns: ['name', 'state'], rows: [['api', 'running']] })
  expect(written.join('')).toBe('building api\nServices\nname  state\napi   running\n')
})

test('--verbose shows debug messages', () => {
  const { written, options } = screen({ verbose: true })
  plainDisplay(options).event({ kind: 'message', level: 'debug', text: 'cache key' })
  expect(written).toEqual(['cache key\n'])
})

test('R5 a masked value is redacted from then on', () => {
  const { written, options } = screen()
  const display = plainDisplay(options)
  display.event({ kind: 'mask', value: 'hunter22' })
  display.event({ kind: 'output', source: 'api', line: 'token hunter22' })
  expect(written.join('')).toBe('api | token [redacted]\n')
})

test('a secret that is too short to hide is warned of, without showing it', () => {
  const { written, options } = screen()
  plainDisplay(options).event({ kind: 'mask', value: 'abc' })
  expect(written).toEqual(['a secret of fewer than 4 characters cannot be hidden in what is shown\n'])
})

test('R4 no output of a job is a command in the log of a run that calls the command line', () => {
  fc.assert(
    fc.property(hostileText, hostileText, (source, line) => {
      const { written, options } = screen({ style: colourStyle })
      const display = plainDisplay(options)
      display.event({ kind: 'output', source, line })
      display.event({ kind: 'message', level: 'info', text: line })
      display.event({ kind: 'table', title: line, columns: [source], rows: [[line]] })
      expect(runnerCommands(written.join(''))).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('a terminal keeps running tasks below finished lines', () => {
  let now = 0
  const { written, options } = screen({ now: () => now })
  const display = liveDisplay(options)
  display.event({ kind: 'progress', task: 'api', state: 'running', text: 'pushing' })
  now = 65_000
  display.event({ kind: 'message', level: 'info', text: 'cache warm' })
  display.event({ kind: 'progress', task: 'api', state: 'done', text: 'pushed' })
  display.close()
  expect(written).toEqual([
    '⠋ api: pushing 0 s\n',
    '\x1b[1A\x1b[Jcache warm\n⠋ api: pushing 1 min 05 s\n',
    '\x1b[1A\x1b[J✓ api: pushed\n',
    '',
  ])
})

test('a live line never wraps, since a wrapped line could not be erased', () => {
  const { written, options } = screen({ width: () => 20 })
  const display = liveDisplay(options)
  display.event({ kind: 'progress', task: 'api', state: 'running', text: 'pushing a very long layer name' })
  display.close()
  expect(written[0]?.trimEnd().length).toBeLessThan(20)
})

test('elapsed time is told in seconds, then in minutes', () => {
  expect([0, 59_999, 60_000, 3_605_000].map(elapsedText)).toEqual([
    '0 s',
    '59 s',
    '1 min 00 s',
    '60 min 05 s',
  ])
})

test('colours are for a terminal, and NO_COLOR, --no-color and TERM=dumb turn them off', () => {
  expect(wantsColour({}, true, false)).toBe(true)
  expect(wantsColour({}, false, false)).toBe(false)
  expect(wantsColour({ NO_COLOR: '1' }, true, false)).toBe(false)
  expect(wantsColour({ NO_COLOR: '' }, true, false)).toBe(true)
  expect(wantsColour({ TERM: 'dumb' }, true, false)).toBe(false)
  expect(wantsColour({ FORCE_COLOR: '1' }, false, false)).toBe(true)
  expect(wantsColour({ FORCE_COLOR: '1' }, true, true)).toBe(false)
})
