import { expect, test } from 'vitest'
import { PlanEvents } from '../../src/plan/events.ts'

const line = (value: object): string => JSON.stringify(value)
const change = (address: string, action: string, more: object = {}): string =>
  line({ type: 'planned_change', change: { resource: { addr: address }, action, ...more } })
const END = line({ type: 'change_summary', changes: { add: 1, operation: 'plan' } })

function tableOf(...lines: readonly string[]) {
  const events = new PlanEvents()
  for (const one of lines) events.push(one)
  return events.end()
}

test('the table of a plan is gathered from its events, loudest first', () => {
  const table = tableOf(
    line({ type: 'version', tofu: '1.12.6' }),
    change('b.new', 'create'),
    change('a.new', 'create'),
    change('c.old', 'delete', { reason: 'delete_because_no_resource_config' }),
    change('d.other', 'replace', { reason: 'replace_because_cannot_update' }),
    change('e.gone', 'forget'),
    change('f.moved', 'move', { previous_resource: { addr: 'f.before' } }),
    change('g.taken', 'import', { importing: { id: 'x' } }),
    change('h.both', 'update', { importing: { id: 'y' }, previous_resource: { addr: 'h.before' } }),
    line({ type: 'resource_drift', change: { resource: { addr: 'a.new' }, action: 'update' } }),
    line({ type: 'outputs', outputs: { a: { action: 'create' }, b: { action: 'noop' } } }),
    END,
  )
  expect(table).toMatchObject({
    counts: { create: 2, delete: 1, replace: 1, forget: 1, update: 1, import: 2, move: 2 },
    outputs: 1,
    drift: 1,
  })
  expect(table?.changes.map(({ address, action }) => `${action} ${address}`)).toEqual([
    'delete c.old',
    'replace d.other',
    'forget e.gone',
    'update h.both',
    'create a.new',
    'create b.new',
    'noop f.moved',
    'noop g.taken',
  ])
  expect(table?.changes[0]?.reason).toBe('delete_because_no_resource_config')
})

test('R20 without the engine’s own word that it is done there is no table', () => {
  expect(tableOf(change('a.b', 'create'))).toBeUndefined()
  expect(tableOf(line({ type: 'change_summary', changes: { operation: 'apply' } }))).toBeUndefined()
  expect(tableOf(END.slice(0, -3))).toBeUndefined()
})

test('R20 what is no event of a plan is nothing', () => {
  const noise = [
    '',
    'Warning: "type":"planned_change"',
    '{"type":"planned_change"',
    '{"type":"planned_change","change":7}',
    change('x.y', 'toString'),
    change('', 'create'),
    '["type":"planned_change"]',
  ]
  expect(tableOf(...noise, END)).toMatchObject({ changes: [], counts: { create: 0 } })
})
