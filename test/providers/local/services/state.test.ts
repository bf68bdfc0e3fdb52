import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import {
  newRecord,
  revert,
  revisionId,
  type ServiceRecord,
  settle,
  shift,
  stage,
  weightOf,
} from '../../../../src/providers/local/services/state.ts'
import type { RevisionSpec } from '../../../../src/providers/ports/services.ts'
import { testImage, testService } from './containers.ts'

const spec = (version: string, changes = {}): RevisionSpec => ({
  service: testService(changes),
  image: testImage('good', version),
  models: [],
  release: digestOf(version),
})
const live = (version: string): ServiceRecord => {
  const id = revisionId(spec(version))
  return settle('api', shift('api', stage(newRecord(1), spec(version), 0), id, 100), id)
}

describe('the record of a service', () => {
  test('R28 the same release and spec make the same revision, any other spec another', () => {
    expect(revisionId(spec('1'))).toBe(revisionId(spec('1')))
    expect(revisionId(spec('1', { env: { A: 'b' } }))).not.toBe(revisionId(spec('1')))
  })

  test('R30 a second rollout is locked out, whatever the share of the first', () => {
    const rolling = stage(live('1'), spec('2'), 0)
    expect(() => stage(rolling, spec('3'), 0)).toThrow('in the middle of another rollout')
  })

  test('settling below 100 % is refused', () => {
    const id = revisionId(spec('2'))
    expect(() => settle('api', shift('api', stage(live('1'), spec('2'), 0), id, 50), id)).toThrow(
      'stands at 50 %',
    )
  })

  test('reverting what is live and settled is refused: nothing is before it', () => {
    expect(() => revert('api', live('1'), revisionId(spec('1')))).toThrow('what was before it is gone')
  })

  test.each([-1, 101, Number.NaN])('a share of %s percent is refused', (percent) => {
    const id = revisionId(spec('2'))
    expect(() => shift('api', stage(live('1'), spec('2'), 0), id, percent)).toThrow('between 0 and 100')
  })

  test('after any steps the shares of a service that has a live revision sum to 100', () => {
    const step = fc.record({
      kind: fc.constantFrom('stage', 'shift', 'settle', 'revert', 'pause'),
      version: fc.constantFrom('1', '2', '3'),
      percent: fc.integer({ min: 0, max: 100 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let record = live('1')
        for (const { kind, version, percent } of steps) {
          const id = revisionId(spec(version))
          try {
            if (kind === 'stage') record = stage(record, spec(version), 0)
            if (kind === 'shift') record = shift('api', record, id, percent)
            if (kind === 'settle') record = settle('api', record, id)
            if (kind === 'revert') record = revert('api', record, id)
            if (kind === 'pause') record = { ...record, paused: !record.paused }
          } catch {
            // refused: the record is as it was
          }
          const shares = Object.keys(record.revisions).map((revision) => weightOf(record, revision))
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(100)
          expect(Object.keys(record.revisions)).toContain(record.live)
        }
      }),
    )
  })
})
