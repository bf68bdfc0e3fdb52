import { describe, expect, test } from 'vitest'
import type { PlanChange, StackPlan } from '../../src/domain/plans/plan.ts'
import { NO_COUNTS, PLAN_ACTIONS } from '../../src/domain/plans/plan-counts.ts'
import { changeOf } from '../../src/plan/engine-change.ts'
import {
  type Guarded,
  guardFindings,
  guardVerdict,
  nameOf,
  type PolicyAnswer,
  rulesOf,
  unnamed,
} from '../../src/plan/guard.ts'

const DIGEST = `sha256:${'0'.repeat(64)}` as const
const ID = 'abcdef012345'

function change(fields: Partial<PlanChange>): PlanChange {
  return {
    address: 'aws_s3_bucket.data',
    type: 'aws_s3_bucket',
    name: 'data',
    mode: 'managed',
    provider: 'registry.opentofu.org/hashicorp/aws',
    action: 'delete',
    stateful: true,
    attributes: [],
    unknown: [],
    forces: [],
    unprotects: [],
    imported: false,
    ...fields,
  }
}

function stack(changes: readonly PlanChange[], more: Partial<StackPlan> = {}): StackPlan {
  const counts = { ...NO_COUNTS }
  for (const { action } of changes) Object.assign(counts, { [action]: counts[action] + 1 })
  const empty = { drift: [], outputs: [], checks: [] }
  return {
    stack: 'data',
    state: 'planned',
    counts,
    changes: [...changes],
    ...empty,
    fingerprint: DIGEST,
    ...more,
  }
}

const guarded = (changes: readonly PlanChange[], policy?: PolicyAnswer): Guarded => ({
  plan: stack(changes),
  ...(policy === undefined ? {} : { policy }),
})

describe('what holds data', () => {
  test.each([
    ['delete', { reason: 'delete_because_no_resource_config' }, 'delete_because_no_resource_config'],
    ['delete', { deposed: '00000001' }, 'deletes aws_s3_bucket.data in stack data'],
    ['replace', { reason: 'replace_because_cannot_update', forces: ['bucket'] }, 'replaces'],
    ['forget', {}, 'nobody looks after it'],
    ['update', { unprotects: ['force_destroy'] }, 'takes force_destroy from'],
    ['update', { unknown: ['deletion_protection'] }, 'known after apply only'],
    ['update', { unknown: ['*'] }, 'known after apply only'],
  ] as const)('R16 %s with %j stops until its address and the plan are named', (action, fields, said) => {
    const findings = guardFindings([guarded([change({ action, ...fields } as Partial<PlanChange>)])], {})
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ kind: 'loss', address: 'aws_s3_bucket.data' })
    expect(findings[0]?.text).toContain(said)
    expect(guardVerdict(findings)).toBe('needs-naming')
    expect(unnamed(findings, [], ID)).toHaveLength(1)
    expect(unnamed(findings, [`aws_s3_bucket.data@${ID}`], ID)).toEqual([])
    expect(unnamed(findings, [`aws_s3_bucket.data@\u2060${ID}`], ID)).toEqual([])
  })

  test('R16 another plan, another address or a name alone names nothing', () => {
    const findings = guardFindings([guarded([change({})])], {})
    for (const name of [
      'aws_s3_bucket.data',
      'aws_s3_bucket.data@000000000000',
      `aws_s3_bucket.dat@${ID}`,
      `@${ID}`,
      '*',
    ]) {
      expect(unnamed(findings, [name], ID)).toHaveLength(1)
    }
  })

  test('R16 what protects is guarded on every type, and a flip of it is found in a plan document', () => {
    const flip = (before: object, after: object, unknown: unknown = {}) =>
      changeOf({
        address: 'x.y',
        type: 'aws_lb',
        change: { actions: ['update'], before, after, after_unknown: unknown },
      })
    const found = (one: PlanChange) => guardVerdict(guardFindings([guarded([one])], {}))
    expect(found(flip({ deletion_protection: true }, { deletion_protection: false }))).toBe('needs-naming')
    expect(found(flip({ skip_final_snapshot: false }, { skip_final_snapshot: true }))).toBe('needs-naming')
    expect(found(flip({ force_destroy: false }, {}, { force_destroy: true }))).toBe('needs-naming')
    expect(found(flip({ force_destroy: true }, { force_destroy: false }))).toBe('allowed')
  })

  test('R16 nothing else is stopped', () => {
    const others = PLAN_ACTIONS.filter((action) => !['delete', 'replace', 'forget'].includes(action))
    const calm = [
      ...others.map((action) => change({ action })),
      change({ action: 'delete', stateful: false, type: 'aws_lb' }),
      change({ action: 'delete', mode: 'data' }),
    ]
    expect(guardFindings([guarded(calm)], {})).toEqual([])
    expect(guardVerdict([])).toBe('allowed')
  })

  test('R16 a rename without a moved block is a delete and stops', () => {
    const renamed = [
      change({ reason: 'delete_because_no_resource_config' }),
      change({ action: 'create', address: 'aws_s3_bucket.new' }),
    ]
    expect(guardVerdict(guardFindings([guarded(renamed)], {}))).toBe('needs-naming')
    const moved = [change({ action: 'noop', movedFrom: 'aws_s3_bucket.old' })]
    expect(guardVerdict(guardFindings([guarded(moved)], {}))).toBe('allowed')
  })
})

describe('thresholds', () => {
  const ends = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      change({ action: 'delete', stateful: false, address: `a.b${index}` }),
    )

  test('R16 more deletes and replacements than guards.destroys stop, over all stacks, until they are named', () => {
    const stacks = [guarded(ends(2)), guarded([change({ action: 'replace', stateful: false })])]
    expect(guardFindings(stacks, { destroys: 3 })).toEqual([])
    const findings = guardFindings(stacks, { destroys: 2 })
    expect(findings).toMatchObject([{ kind: 'destroys', count: 3, limit: 2 }])
    expect(unnamed(findings, [`destroys@${ID}`], ID)).toEqual([])
    expect(unnamed(findings, ['destroys'], ID)).toHaveLength(1)
  })

  test('R16 none at all is a limit as well', () => {
    expect(guardVerdict(guardFindings([guarded(ends(1))], { destroys: 0 }))).toBe('needs-naming')
  })
})

describe("the team's own policy", () => {
  const fresh = (after: unknown, unknown: unknown) =>
    changeOf({
      address: 'x.y',
      type: 'x',
      change: { actions: ['create'], before: null, after, after_unknown: unknown },
    })

  test.each([
    ['an attribute', { acl: true }],
    ['a block', { rule: [{ port: true }] }],
    ['a whole resource', true],
  ])('R17 a pass on a plan that does not know %s decides nothing', (_, unknown) => {
    const findings = guardFindings([guarded([fresh({ name: 'n' }, unknown)], { kind: 'passed' })], {})
    expect(findings).toMatchObject([{ kind: 'undecided', address: 'x.y' }])
    expect(guardVerdict(findings)).toBe('cannot-decide')
  })

  test('R17 a pass on a plan that knows everything is one', () => {
    const known = fresh({ name: 'n' }, { tags: {} })
    expect(guardVerdict(guardFindings([guarded([known], { kind: 'passed' })], {}))).toBe('allowed')
  })

  test('R17 a crash of the policy is no pass, and a refusal cannot be named away', () => {
    const crashed = guardFindings([guarded([], { kind: 'no-answer', text: 'it ended with code 2' })], {})
    expect(guardVerdict(crashed)).toBe('cannot-decide')
    const failed = guardFindings([guarded([], { kind: 'failed', text: 'public bucket' })], {})
    expect(guardVerdict(failed)).toBe('needs-naming')
    const [finding] = failed
    expect(finding === undefined ? '' : nameOf(finding, ID)).toBeUndefined()
    expect(unnamed(failed, [`policy@${ID}`, ID], ID)).toHaveLength(1)
  })

  test.each(['fail', 'error', 'unknown'] as const)('R17 a check that says %s is no pass', (status) => {
    const plan = stack([], { checks: [{ address: 'check.health', status }] })
    expect(guardVerdict(guardFindings([{ plan }], {}))).toBe('cannot-decide')
  })
})

test('R13 other rules have another digest', () => {
  expect(rulesOf({ destroys: 1 })).not.toBe(rulesOf({ destroys: 2 }))
  expect(rulesOf({})).not.toBe(rulesOf({ policy: ['conftest'] }))
  expect(rulesOf({ destroys: 1 })).toBe(rulesOf({ destroys: 1 }))
})
