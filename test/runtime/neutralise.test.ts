import fc from 'fast-check'
import { expect, test } from 'vitest'
import { neutralJson, neutralLines, neutralText } from '../../src/runtime/neutralise.ts'
import { hostileText } from './hostile-text.ts'
import { runnerCommands } from './reference-runner.ts'

const GOLDEN = [
  '::error::forged',
  '   ::error file=a::forged',
  '\u00a0\u3000::add-mask::a',
  '::stop-commands::x',
  'text ##[group]forged',
  '###[error]forged',
  '##[add-mask]a',
  'progress 10 %\r::error::forged',
  '\r\n::set-output name=a::b',
  '\x1b[31m::error::forged\x1b[0m',
  '\x1b]0;title\x07::error::forged',
  '\x1b]8;;http://evil\x1b\\##[group]',
  '#\x1b[0m#[error]forged',
  ':\x1b[1m:error::forged',
  '\x9b31m::error::forged',
  '\ufeff::error::forged',
  '\x00::error::forged',
  '\u2028::error::forged',
] as const

test.each(GOLDEN)('R4 %j holds a command until it is neutralised', (text) => {
  expect(runnerCommands(neutralText(text))).toEqual([])
})

test('R4 the reference runner finds commands in what is not neutralised', () => {
  expect(runnerCommands('  ::error file=a%2Cb,line=3::one%0Atwo')).toEqual([
    { name: 'error', properties: { file: 'a,b', line: '3' }, data: 'one\ntwo' },
  ])
  expect(runnerCommands('x ##[group]y\r::debug::z').map(({ name }) => name)).toEqual(['group', 'debug'])
})

test('R4 no text of any kind is a command, an escape sequence or a bidirectional mark', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const shown = neutralText(text)
      expect(runnerCommands(shown)).toEqual([])
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
      expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
    }),
    { numRuns: 2000 },
  )
})

test('neutralising what is neutral changes nothing', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(neutralText(neutralText(text))).toBe(neutralText(text))
    }),
  )
})

test('ordinary text stays as it is, tabs and other scripts too', () => {
  const text = 'a::b\tc # [d] ## e — 日本語 naïve 🎬'
  expect(neutralLines(text)).toEqual([text])
})

test('a progress bar becomes one line a state', () => {
  expect(neutralLines('10 %\r20 %\r\ndone')).toEqual(['10 %', '20 %', 'done'])
})

test('R4 printed JSON holds no command and reads back to the same value', () => {
  fc.assert(
    fc.property(fc.dictionary(hostileText, fc.oneof(hostileText, fc.jsonValue())), (value) => {
      const text = neutralJson(value)
      expect(runnerCommands(text)).toEqual([])
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test.each([
  '::error::x',
  ' ::error::x',
  '\t::error::x',
  'a\n::error::x',
  'a\n \t::error::x\n::debug::y',
  '\n\n::error::x',
])('R4 %j of plain characters is no command wherever its line begins', (text) => {
  expect(runnerCommands(text)).not.toEqual([])
  expect(runnerCommands(neutralText(text))).toEqual([])
})

test.each([
  '\u200b::error::x',
  ':\u200d:error::x',
  '\u00ad:\ufe0f:error::x',
  '#\u200b#[group]x',
  '##\u2060[group]x',
  '\u{e0001}::error::x',
])('R4 characters without width do not hide a command: %j', (text) => {
  expect(runnerCommands(text)).not.toEqual([])
  expect(runnerCommands(neutralText(text))).toEqual([])
  expect(runnerCommands(neutralJson({ text }))).toEqual([])
})

/** What the rules say of one line alone, in the words of the rules. */
function lineByLine(text: string): string {
  const once = (line: string): string =>
    line
      .replace(/^([\s\p{DI}\p{Cf}]*):([\p{DI}\p{Cf}]*):/u, '$1: $2:')
      .replace(/#([\p{DI}\p{Cf}]*)#([\p{DI}\p{Cf}]*)\[/gu, '# $1#$2[')
  return text.split('\n').map(once).join('\n')
}

test('R4 a block of a million lines is what its lines are, one by one, of plain text and of any', () => {
  const piece = fc.oneof(
    hostileText,
    fc.constantFrom('::', '##[', ' ', '\t', '\n', ':', '#', 'a', '\ufeff', '\u00ad', '\u3000'),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('')
      // Escape sequences and controls are taken away first, and by lines or not is the same.
      const bare = neutralText(text.replaceAll('::', ':\u2060x\u2060:').replaceAll('##', '#x#')).replaceAll(
        'x',
        '',
      )
      expect(neutralText(bare)).toBe(lineByLine(bare))
    }),
    { numRuns: 1000 },
  )
})
