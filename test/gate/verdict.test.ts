import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VERDICTS } from '../../src/domain/models/verdict.ts'
import { reason, verdictOf } from '../../src/gate/reasons.ts'

test('R37 no reason at all is no promotion', () => {
  expect(verdictOf([])).toBe('inconclusive')
})

test('R37 one breach rejects, one doubt is a doubt, and only agreement promotes', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...VERDICTS), { minLength: 1 }), (says) => {
      const verdict = verdictOf(says.map((one) => reason('rule', one, 'text')))
      expect(verdict === 'promote').toBe(says.every((one) => one === 'promote'))
      expect(verdict === 'reject').toBe(says.includes('reject'))
    }),
  )
})
