import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actionLog } from '../../src/action/log.ts'
import type { Event } from '../../src/runtime/events.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import { hostileText } from '../runtime/hostile-text.ts'
import { runnerCommands } from '../runtime/reference-runner.ts'

function written(events: readonly Event[]): string {
  let text = ''
  const log = actionLog(
    (part) => {
      text += part
    },
    new Redactor(),
    () => 0,
  )
  for (const event of events) log.emit(event)
  return text
}

const quiet: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    level: fc.constant('info' as const),
    text: hostileText,
  }),
  fc.record({ kind: fc.constant('output' as const), source: hostileText, line: hostileText }),
  fc.record({
    kind: fc.constant('progress' as const),
    task: hostileText,
    state: fc.constantFrom('running' as const, 'done' as const, 'failed' as const, 'skipped' as const),
    text: hostileText,
  }),
  fc
    .record({
      kind: fc.constant('table' as const),
      title: hostileText,
      columns: fc.array(hostileText, { minLength: 1, maxLength: 3 }),
      rows: fc.array(fc.array(hostileText, { maxLength: 3 }), { maxLength: 3 }),
    })
    .map((table): Event => table),
)

test('R4 no text of any event is a command in the log of a run', () => {
  fc.assert(
    fc.property(fc.array(quiet, { maxLength: 5 }), (events) => {
      expect(runnerCommands(written(events))).toEqual([])
    }),
    { numRuns: 1000 },
  )
})

test('R4 a warning is one annotation, whatever it says', () => {
  fc.assert(
    fc.property(
      hostileText,
      fc.constantFrom('debug' as const, 'notice' as const, 'warning' as const),
      (text, level) => {
        const names = runnerCommands(written([{ kind: 'message', level, text }])).map(({ name }) => name)
        expect(new Set(names)).toEqual(new Set([level]))
      },
    ),
  )
})

test('R5 a masked value is told to the runner once and shown nowhere after', () => {
  const text = written([
    { kind: 'mask', value: 'hunter22' },
    { kind: 'output', source: 'api', line: `token=hunter22 ${Buffer.from('hunter22').toString('base64')}` },
  ])
  expect(text).toBe('::add-mask::hunter22\napi | token=[redacted] [redacted]\n')
})

test('what stands at a line of a file becomes an annotation there, and only there', () => {
  let text = ''
  const log = actionLog(
    (part) => {
      text += part
    },
    new Redactor(),
    () => 0,
    (at) => (at === 'sluice.yml:5:3' ? { file: 'shop/sluice.yml', line: 5, column: 3 } : undefined),
  )
  log.emit({ kind: 'message', level: 'warning', text: 'buckets.raw: 1 to delete', at: 'sluice.yml:5:3' })
  log.emit({ kind: 'message', level: 'notice', text: 'x', at: 'elsewhere' })
  expect(text).toBe(
    '::warning file=shop/sluice.yml,line=5,col=3::buckets.raw: 1 to delete\n::notice::elsewhere: x\n',
  )
})
