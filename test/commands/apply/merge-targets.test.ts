import { expect, test } from 'vitest'
import { mergeTargets } from '../../../src/commands/apply/merge-targets.ts'

const common = { schema: 'sluice.targets/v1', system: 'tiny', environment: 'production' }
const of = (stack: string, value: object) => ({ stack, value: { ...common, ...value } })

test('sections of all stacks become one', () => {
  const merged = mergeTargets([
    of('foundation', { ledger: 's3://ledger/x', registries: { api: 'r/api' } }),
    of('data', { buckets: { raw: 's3://raw' } }),
    of('more', { buckets: { models: 's3://models' } }),
  ])
  expect(merged).toMatchObject({
    ...common,
    ledger: 's3://ledger/x',
    registries: { api: 'r/api' },
    buckets: { raw: 's3://raw', models: 's3://models' },
  })
})

test('the same entry from two stacks is an error that names both', () => {
  const twice = [of('one', { buckets: { raw: 's3://a' } }), of('two', { buckets: { raw: 's3://b' } })]
  expect(() => mergeTargets(twice)).toThrow('stacks one and two both say buckets.raw')
})

test('before a stack says where the ledger is there are no targets', () => {
  expect(mergeTargets([of('data', {}), { stack: 'later', value: undefined }])).toBeUndefined()
})

test('an output of another shape is refused with the place', () => {
  const wrong = [of('foundation', { ledger: 's3://l', services: { api: { kind: 'abacus' } } })]
  expect(() => mergeTargets(wrong)).toThrow('services.api.kind')
})
