import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomBytes } from '../../src/action/random.ts'
import { annotation, keyText, maskCommands } from '../../src/action/runner.ts'
import { hostileText } from '../runtime/hostile-text.ts'
import { runnerCommands, runnerFile } from '../runtime/reference-runner.ts'

/** A runner's file has LF line ends; a value's own CR is kept. */
const valueText = fc.oneof(
  hostileText,
  fc.constantFrom(
    'X<<EOF',
    'EOF',
    'a=b',
    'x<<sluice_00000000000000000000000000000000\ny',
    '\nresult=forged\n',
    '',
  ),
)

test('R3 any value reads back as exactly one key', () => {
  fc.assert(
    fc.property(valueText, valueText, (one, two) => {
      const text = keyText('verdict', one, randomBytes) + keyText('report', two, randomBytes)
      expect(runnerFile(text)).toEqual([
        { key: 'verdict', value: one },
        { key: 'report', value: two },
      ])
    }),
    { numRuns: 500 },
  )
})

test('R3 a value that holds the delimiter gets another one', () => {
  const bytes = [new Uint8Array(16), new Uint8Array(16).fill(1)]
  const guessed = `sluice_${'00'.repeat(16)}`
  const value = `a\n${guessed}\nresult=forged`
  const text = keyText('verdict', value, () => bytes.shift() ?? new Uint8Array(16))
  expect(runnerFile(text)).toEqual([{ key: 'verdict', value }])
})

test('R3 a delimiter is never used twice', () => {
  const delimiters = Array.from(
    { length: 100 },
    () => /sluice_[0-9a-f]{32}/.exec(keyText('k', '', randomBytes))?.[0],
  )
  expect(new Set(delimiters).size).toBe(100)
})

test('R3 a key that could be read as another line is refused', () => {
  expect(() => keyText('a\nb', '', randomBytes)).toThrow('cannot be the name of an output')
  expect(() => keyText('a=b', '', randomBytes)).toThrow('cannot be the name of an output')
})

test('R4 an annotation is one command, whatever it says and wherever it points', () => {
  fc.assert(
    fc.property(hostileText, hostileText, (text, file) => {
      const commands = runnerCommands(annotation('error', text, { file, line: 3, column: 7 }))
      expect(commands.map(({ name }) => name)).toEqual(['error'])
      expect(Object.keys(commands[0]?.properties ?? {})).toEqual(['file', 'line', 'col'])
    }),
  )
})

test('R5 every line of a secret is masked with the value as it is', () => {
  expect(runnerCommands(maskCommands('one%0A\r\n\n::two'))).toEqual([
    { name: 'add-mask', properties: {}, data: 'one%0A' },
    { name: 'add-mask', properties: {}, data: '::two' },
  ])
})
