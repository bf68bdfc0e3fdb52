import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/domain/digest.ts'
import type { Bound, Review } from '../../src/domain/plans/approval.ts'
import { differences, isNamed, reviewedBy, sawUndecided, standing } from '../../src/plan/approval.ts'

const BOUND: Bound = {
  plan: digestOf('plan'),
  planJson: digestOf('json'),
  configuration: digestOf('configuration'),
  backend: {
    type: 's3',
    bucket: 'states',
    key: 'filmlens/production/data.tfstate',
    workspace: 'default',
    account: '222222222222',
    region: 'us-east-1',
  },
  state: { lineage: 'a-lineage', serial: 7 },
  engine: 'tofu 1.12.6',
  providers: digestOf('lock'),
  source: { repository: '4711', pullRequest: 12, head: 'a'.repeat(40), base: 'b'.repeat(40) },
  run: { id: '99', attempt: 1 },
  policy: { verdict: 'allowed', rules: digestOf('rules') },
}

/** Every field of the record with another value. */
const MUTATIONS: readonly (readonly [field: string, is: unknown])[] = [
  ['plan', digestOf('x')],
  ['planJson', digestOf('x')],
  ['configuration', digestOf('x')],
  ['backend.type', 'gcs'],
  ['backend.bucket', 'other'],
  ['backend.key', 'filmlens/staging/data.tfstate'],
  ['backend.workspace', 'other'],
  ['backend.account', '111111111111'],
  ['backend.region', 'eu-west-1'],
  ['state.lineage', 'another'],
  ['engine', 'tofu 1.12.7'],
  ['providers', digestOf('x')],
  ['source.repository', '4712'],
  ['source.pullRequest', 13],
  ['source.head', 'c'.repeat(40)],
  ['source.base', 'c'.repeat(40)],
  ['run.id', '100'],
  ['run.attempt', 2],
  ['policy.verdict', 'needs-naming'],
  ['policy.rules', digestOf('x')],
]

function mutated(field: string, value: unknown): Bound {
  const copy = structuredClone(BOUND) as unknown as Record<string, unknown>
  const [first = '', second] = field.split('.')
  if (second === undefined) copy[first] = value
  else (copy[first] as Record<string, unknown>)[second] = value
  return copy as unknown as Bound
}

test('R13 what is the same may be applied', () => {
  expect(standing(BOUND, structuredClone(BOUND))).toEqual({ kind: 'same' })
})

test.each(MUTATIONS)('R13 another %s refuses and is named', (field, value) => {
  expect(standing(BOUND, mutated(field, value))).toEqual({
    kind: 'differs',
    differences: [expect.objectContaining({ field, is: String(value) })],
  })
  expect(standing(BOUND, mutated(field, null))).toMatchObject({
    kind: 'differs',
    differences: [{ is: 'none' }],
  })
})

test('R13 the list of mutations is the whole record', () => {
  const fields = (value: object, prefix = ''): string[] =>
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'object' && inner !== null ? fields(inner, `${prefix}${key}.`) : [`${prefix}${key}`],
    )
  expect(fields(BOUND).filter((field) => field !== 'state.serial')).toEqual(MUTATIONS.map(([field]) => field))
})

test('R13 several differences are all named, in the order of the record', () => {
  const both = { ...BOUND, plan: digestOf('x'), engine: 'terraform 1.11.4' }
  const found = standing(BOUND, both)
  expect(found.kind === 'differs' ? found.differences.map(({ field }) => field) : []).toEqual([
    'plan',
    'engine',
  ])
})

test('R13 a field that this version does not know is compared as well', () => {
  expect(differences({ ...BOUND, later: { a: 1 } }, BOUND)).toMatchObject([{ field: 'later', is: 'none' }])
})

test('R13 a plan is named by its id or by more of its fingerprint, and by nothing else', () => {
  const fingerprint = `sha256:${'0123456789abcdef'.repeat(4)}` as const
  expect(isNamed('0123456789ab', fingerprint)).toBe(true)
  expect(isNamed('0123456789abcdef', fingerprint)).toBe(true)
  for (const other of ['', '0123', '0123456789a', '0123456789ac', 'sha256:01234', `${'0'.repeat(12)}`]) {
    expect(isNamed(other, fingerprint)).toBe(false)
  }
})

describe('a state that moved on', () => {
  test('R15 is the one difference that a fresh plan may mend', () => {
    expect(standing(BOUND, mutated('state.serial', 8))).toEqual({ kind: 'moved', from: '7', to: '8' })
    const first = { ...BOUND, state: { lineage: null, serial: null } }
    expect(standing(first, BOUND)).toEqual({ kind: 'moved', from: 'none', to: '7' })
  })

  test('R15 is another state where its lineage is another, and no excuse for anything else', () => {
    const other = { ...BOUND, state: { lineage: 'another', serial: 8 } }
    expect(standing(BOUND, other).kind).toBe('differs')
    expect(standing(BOUND, { ...mutated('state.serial', 8), engine: 'tofu 1.13.0' }).kind).toBe('differs')
  })
})

describe('the review of an environment', () => {
  const review = (by: string, state: Review['state'] = 'approved', environment = 'production'): Review => ({
    by,
    environment,
    state,
  })

  test('R13 counts by somebody else than who started the run', () => {
    expect(reviewedBy([review('reviewer')], 'production', ['author'])).toEqual({ by: 'reviewer' })
  })

  test.each([
    ['before', [review('author'), review('reviewer')]],
    ['after', [review('reviewer'), review('author')]],
  ])(
    'R13 does not where the author has approved %s: GitHub says of neither which plan it was',
    (_, reviews) => {
      expect(reviewedBy(reviews, 'production', ['author'])).toHaveProperty('refusal')
    },
  )

  test('R13 what the author approves of another environment is no matter', () => {
    const reviews = [review('author', 'approved', 'staging'), review('reviewer')]
    expect(reviewedBy(reviews, 'production', ['author'])).toEqual({ by: 'reviewer' })
  })

  test.each([
    ['nobody', []],
    ['the author alone', [review('author')]],
    ['the author in other letters', [review('AUTHOR')]],
    ['a review of another environment', [review('reviewer', 'approved', 'staging')]],
    ['somebody who has not answered', [review('reviewer', 'pending')]],
    ['one who said yes and one who said no', [review('reviewer'), review('other', 'rejected')]],
  ])('R13 %s is no approval', (_, reviews) => {
    expect(reviewedBy(reviews, 'production', ['author'])).toHaveProperty('refusal')
  })

  test('R13 whoever starts the run again is no reviewer either', () => {
    const actors = ['author', 'helper']
    expect(reviewedBy([review('helper')], 'production', actors)).toHaveProperty('refusal')
    expect(reviewedBy([review('reviewer')], 'production', actors)).toEqual({ by: 'reviewer' })
  })

  test('R13 a review is of one plan: the second plan of a run needs a second one, by somebody else again', () => {
    const [first, second] = [review('reviewer'), review('other')]
    expect(reviewedBy([first], 'production', ['author'], 2)).toHaveProperty('refusal')
    expect(reviewedBy([first, review('author')], 'production', ['author'], 2)).toHaveProperty('refusal')
    expect(reviewedBy([first, second], 'production', ['author'], 2)).toEqual({ by: 'other' })
    expect(reviewedBy([first, second], 'production', ['author'], 0)).toHaveProperty('refusal')
  })

  test('R13 nobody knows who started the run: nobody else has approved', () => {
    expect(reviewedBy([review('reviewer')], 'production', [])).toHaveProperty('refusal')
  })
})

test('R17 an id in a script has looked at nothing', () => {
  expect([
    sawUndecided({ how: 'typed' }),
    sawUndecided({ how: 'reviewed' }),
    sawUndecided({ how: 'named' }),
  ]).toEqual([true, true, false])
})
