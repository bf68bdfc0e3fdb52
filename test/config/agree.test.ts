import { isDeepStrictEqual } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonSchema } from '../../scripts/derive.ts'
import validate from '../../src/config/generated/validate.js'
import { configSchema } from '../../src/config/schema/config.ts'
import { arbitraryValue } from './arbitrary.ts'

const published = new Ajv2020({ strictTypes: false }).compile(jsonSchema('sluice'))

test('R47 the schema of editors, the compiled validator and zod agree on 10,000 configurations', () => {
  const counts = { accepted: 0, refused: 0 }
  const agree = (value: unknown): boolean => {
    const before = structuredClone(value)
    const parsed = configSchema.safeParse(structuredClone(value))
    const isEditors = published(value)
    // It fills in defaults, so it has a copy of its own.
    const filled = structuredClone(value)
    const isCompiled = validate(filled)
    counts[isCompiled ? 'accepted' : 'refused'] += 1
    if (!isDeepStrictEqual(before, value)) return false
    if (parsed.success !== isCompiled || isEditors !== isCompiled) return false
    return !parsed.success || isDeepStrictEqual(parsed.data, filled)
  }
  fc.assert(fc.property(arbitraryValue(jsonSchema('sluice'), 600), agree), {
    numRuns: 10_000,
    seed: 20_261_121,
  })
  expect(counts.accepted).toBeGreaterThan(2000)
  expect(counts.refused).toBeGreaterThan(2000)
})

test.each([
  [
    'a number that is not finite',
    { rollout: { checks: [{ 'error-rate': { margin: Number.POSITIVE_INFINITY } }] } },
  ],
  ['a key of every object', { toString: 1 }],
  ['an integer written as a float', { services: { a: { image: 'a', port: 80.0 } } }],
  [
    'an astral character where one character is wanted',
    {
      models: {
        m: {
          registry: '🎬',
          evaluation: 'a',
          gate: { primary: { metric: '🎬', direction: 'higher', rule: 'superior' } },
        },
      },
    },
  ],
])('R47 they agree on %s', (_, part) => {
  const value = { system: 's', environments: { a: { cloud: 'local' } }, ...part }
  const zod = configSchema.safeParse(structuredClone(value)).success
  expect([published(structuredClone(value)), validate(structuredClone(value))]).toEqual([zod, zod])
})
