import { expect, test } from 'vitest'
import { stacks } from '../cdktf/stack.ts'
import { acceptedIn, disagreements, type Finding } from './findings.ts'

const finding = (over: Partial<Finding> = {}): Finding => ({
  stack: 'films/data',
  resource: 'bucket',
  check: 'CKV_AWS_18',
  text: 'no log bucket for every bucket',
  ...over,
})

test('what is found and accepted with a reason is no disagreement', () => {
  expect(disagreements([finding({ text: 'access logging' })], [finding()])).toEqual([])
})

test('R10 a finding that nobody accepted is told with what the scanner says', () => {
  expect(disagreements([finding({ text: 'access logging' })], [])).toEqual([
    'films/data bucket CKV_AWS_18 is open: access logging',
  ])
})

test('a reason on another resource accepts nothing', () => {
  expect(disagreements([finding()], [finding({ resource: 'other' })])).toHaveLength(2)
})

test('R10 an acceptance of what is not found any more is told', () => {
  expect(disagreements([], [finding()])).toEqual([
    'films/data bucket CKV_AWS_18 is accepted and not found: take it out (no log bucket for every bucket)',
  ])
})

test('a word is no reason', () => {
  expect(disagreements([finding()], [finding({ text: 'later' })])).toEqual([
    'films/data bucket CKV_AWS_18 has no reason',
  ])
})

test('R10 reasons stand beside the resource in the JSON of its stack', async () => {
  const all = await stacks('buckets: { raw: {}, kept: { versioned: true } }')
  const data = all.find(({ name }) => name === 'data')
  const accepted = acceptedIn('data', data?.json ?? {})
  const versioning = accepted.filter(({ check }) => check === 'CKV_AWS_21')
  expect(versioning.map(({ resource }) => resource.replace(/_[0-9A-F]{8}$/, ''))).toEqual([
    'bucket-raw_bucket',
  ])
  expect(versioning[0]?.text).toContain('versioned')
})
