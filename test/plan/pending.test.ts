import { expect, test } from 'vitest'
import type { StackPlan } from '../../src/domain/plans/plan.ts'
import { NO_COUNTS } from '../../src/domain/plans/plan-counts.ts'
import { type Earlier, pendingInput } from '../../src/plan/pending.ts'

const backend = (stack: string) => ({ s3: { bucket: 'states', key: `tiny/production/${stack}.tfstate` } })

const foundation = (plan: Partial<StackPlan>): Earlier => ({
  configuration: { terraform: { backend: backend('foundation') } },
  plan: {
    stack: 'foundation',
    state: 'planned',
    counts: NO_COUNTS,
    changes: [],
    drift: [],
    outputs: [],
    checks: [],
    fingerprint: `sha256:${'0'.repeat(64)}`,
    ...plan,
  },
})

const reading = (...outputs: readonly string[]) => ({
  terraform: { backend: backend('data') },
  data: { terraform_remote_state: { before: { backend: 's3', config: backend('foundation').s3 } } },
  locals: outputs.map((name) => `\${data.terraform_remote_state.before.outputs.${name}}`),
})

const waiting = (configuration: unknown, earlier: Earlier, dependsOn = ['foundation']) =>
  pendingInput({ configuration, dependsOn, earlier: [earlier] })

test('a stack waits for an output that it reads and that the plan before it changes', () => {
  const changed = foundation({ outputs: [{ name: 'vpc', action: 'update' }] })
  expect(waiting(reading('vpc'), changed)).toBe(
    'it reads the state of foundation, whose output vpc is known when that is applied',
  )
  expect(waiting(reading('zone'), changed)).toBeUndefined()
})

test('a stack that reads the state of one that was never applied waits, whatever it reads', () => {
  const never = foundation({ outputs: [{ name: 'sluice', action: 'create' }] })
  expect(waiting(reading(), never)).toContain('reads the state of foundation')
})

test('a stack that only comes after another is planned at once', () => {
  const never = foundation({ outputs: [{ name: 'sluice', action: 'create' }] })
  expect(waiting({ terraform: { backend: backend('data') } }, never)).toBeUndefined()
})

test('what comes after a deferred stack is deferred, and what has nothing to do with it is not', () => {
  const deferred = foundation({ state: 'deferred' })
  expect(waiting({}, deferred)).toBe('it comes after foundation, which is deferred')
  expect(waiting(reading(), deferred, [])).toBe('it comes after foundation, which is deferred')
  expect(waiting({}, deferred, [])).toBeUndefined()
})

test('the state of the same key in another bucket is another stack', () => {
  const changed = foundation({ outputs: [{ name: 'vpc', action: 'update' }] })
  const elsewhere = reading('vpc')
  elsewhere.data.terraform_remote_state.before.config.bucket = 'others'
  expect(waiting(elsewhere, changed)).toBeUndefined()
})
