import { expect, test } from 'vitest'
import { interrupted, type JournalLine, journalLines } from '../../src/plan/journal.ts'

const begin: JournalLine = {
  kind: 'begin',
  stack: 'data',
  plan: 'abcdef012345',
  at: '2026-11-21T18:00:00.000Z',
  by: 'somebody',
  run: null,
  process: { host: 'here', pid: 1, born: '2' },
  changes: [
    { address: 'a.made', action: 'create' },
    { address: 'a.known', action: 'create' },
    { address: 'a.flying', action: 'create' },
    { address: 'a.next', action: 'create' },
    { address: 'a.swap', action: 'replace' },
    { address: 'a.old', action: 'delete' },
    { address: 'a.changed', action: 'update' },
  ],
}
const of = (
  address: string,
  state: 'running' | 'done' | 'failed',
  action = 'create',
  id?: string,
): JournalLine => ({
  kind: 'resource',
  address,
  action,
  state,
  ...(id === undefined ? {} : { id }),
})
const LINES = [
  begin,
  of('a.made', 'running'),
  of('a.made', 'done', 'create', 'id-1'),
  of('a.known', 'running'),
  of('a.known', 'done', 'create', 'id-2'),
  of('a.flying', 'running'),
  of('a.old', 'running', 'delete'),
  of('a.swap', 'running', 'delete'),
  of('a.swap', 'done', 'delete'),
  of('a.swap', 'running'),
]
const KNOWN = ['a.known', 'a.old', 'a.swap', 'a.changed']

test('R19 after a death it is known what was in flight, and what may be there without the state knowing', () => {
  expect(interrupted(LINES, KNOWN)).toEqual({
    begin,
    inFlight: [
      { address: 'a.flying', action: 'create' },
      { address: 'a.old', action: 'delete' },
      { address: 'a.swap', action: 'create' },
    ],
    orphans: [
      { address: 'a.made', sign: 'made', id: 'id-1' },
      { address: 'a.flying', sign: 'begun' },
      { address: 'a.next', sign: 'planned' },
      { address: 'a.swap', sign: 'begun' },
    ],
  })
})

test('R19 an apply that came to its end left nothing, and one that failed only what it had begun', () => {
  expect(interrupted([...LINES, { kind: 'end', outcome: 'done' }], [])).toBeUndefined()
  expect(interrupted([], [])).toBeUndefined()
  const failed = [
    begin,
    of('a.flying', 'running'),
    of('a.flying', 'failed'),
    { kind: 'end', outcome: 'failed' } as const,
  ]
  expect(interrupted(failed, ['a.swap'])?.orphans).toEqual([{ address: 'a.flying', sign: 'begun' }])
})

test('R19 a torn line takes none of the others along', () => {
  const text = LINES.map((line) => JSON.stringify(line)).join('\n')
  expect(journalLines(text)).toEqual(LINES)
  expect(journalLines(text.slice(0, -5))).toEqual(LINES.slice(0, -1))
  expect(journalLines('\n{"kind":"other"}\nnull\n[]')).toEqual([])
})
