import { expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import type { LedgerEvent } from '../../src/domain/releases/release.ts'
import { tookOf } from '../../src/release/past.ts'

const event = (second: number, kind: LedgerEvent['kind'], detail?: string): LedgerEvent => ({
  schema: 'sluice.event/v1',
  kind,
  at: new Date(1_700_000_000_000 + second * 1000).toISOString(),
  release: digestOf('release'),
  sequence: 1,
  by: 'somebody',
  ...(detail === undefined ? {} : { detail }),
})

test.each<[string, readonly LedgerEvent[], object]>([
  ['nothing', [], {}],
  ['a release that never got to a step', [event(0, 'started'), event(9, 'rolled-back')], {}],
  [
    'a release whose start was noted',
    [event(0, 'started'), event(200, 'step', '0 %'), event(260, 'step', '10 %'), event(900, 'step', '100 %')],
    { start: 200_000, shift: 60_000 },
  ],
  [
    'a release of an earlier version, which noted steps alone',
    [event(0, 'started'), event(260, 'step', '10 %'), event(900, 'step', '100 %')],
    { start: 260_000 },
  ],
  [
    'a release that was killed and taken up again',
    [event(0, 'started'), event(50, 'step', '0 %'), event(500, 'started'), event(530, 'step', '0 %')],
    { start: 30_000 },
  ],
])('R25 the ledger says how long %s took', (_, events, took) => {
  expect(tookOf(events)).toEqual(took)
})
