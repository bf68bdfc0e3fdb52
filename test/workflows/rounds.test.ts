import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { type Step, workflowFiles } from '../../scripts/workflows.ts'

const jobs =
  workflowFiles(join(import.meta.dirname, '../..')).find(({ path }) => path.endsWith('/deploy.yml'))?.workflow
    .jobs ?? {}
const ROUNDS = [
  { round: 1, plan: 'plan', apply: 'apply' },
  { round: 2, plan: 'plan-2', apply: 'apply-2' },
] as const

const step = (job: string, part: string): Step | undefined =>
  jobs[job]?.steps?.find(({ uses }) => uses?.includes(part))
const expression = (text: string): string => `\${{ ${text} }}`

/** Jobs that have ended, by what a later one reads of them; one that was skipped has said nothing. */
type Ended = Readonly<Record<string, { readonly deferred?: string; readonly saved?: string }>>

/** What GitHub makes of an expression of jobs, whose operators of texts are those of JavaScript. */
function evaluated(text: string, ended: Ended): unknown {
  const inner = /^\$\{\{ (.*) \}\}$/.exec(text)?.[1] ?? ''
  const needs = Object.fromEntries(
    ['plan', 'plan-2', 'plan-3'].map((name) => {
      const { deferred = '', saved = '' } = ended[name] ?? {}
      return [name, { outputs: { deferred, saved }, result: name in ended ? 'success' : 'skipped' }]
    }),
  )
  return runInNewContext(inner.replace(/needs\.([\w-]+)/g, "needs['$1']"), { needs })
}

test.each(ROUNDS)(
  'R13 apply $round of a deployment follows its own plan, and counts its own review',
  (one) => {
    const { round, plan, apply } = one
    expect(jobs[apply]).toMatchObject({ needs: plan, if: `needs.${plan}.outputs.deferred != ''` })
    expect(jobs[apply]?.environment).toEqual(jobs['apply']?.environment)
    expect(step(apply, '/actions/apply')?.with).toMatchObject({ round, 'leave-deferred': true })
  },
)

test.each(ROUNDS)(
  'R14 apply $round of a deployment takes the plan that was saved for it, by its id',
  (one) => {
    expect(step(one.apply, '/download-artifact@')?.with).toMatchObject({
      'artifact-ids': expression(`needs.${one.plan}.outputs.saved`),
    })
    expect(step(one.apply, '/download-artifact@')?.with).not.toHaveProperty('name')
  },
)

const COURSES: readonly (readonly [string, Ended, { saved: string; round: number }])[] = [
  ['all of it known', { plan: { saved: '11' } }, { saved: '11', round: 1 }],
  ['nothing to do', { plan: {} }, { saved: '', round: 1 }],
  [
    'one stack behind another',
    { plan: { deferred: 'compute', saved: '11' }, 'plan-2': { saved: '22' } },
    { saved: '22', round: 2 },
  ],
  [
    'a second plan that finds nothing left',
    { plan: { deferred: 'compute', saved: '11' }, 'plan-2': {} },
    { saved: '', round: 2 },
  ],
  [
    'three plans',
    {
      plan: { deferred: 'compute', saved: '11' },
      'plan-2': { deferred: 'edge', saved: '22' },
      'plan-3': { saved: '33' },
    },
    { saved: '33', round: 3 },
  ],
]

test.each(COURSES)(
  'R15 with %s the last job applies the last plan alone: the others were applied',
  (_, ended, last) => {
    const { env = {} } = jobs['deploy'] as { env?: Readonly<Record<string, string>> }
    expect(evaluated(env['SAVED'] ?? '', ended)).toBe(last.saved)
    expect(step('deploy', '/download-artifact@')).toMatchObject({
      if: "env.SAVED != ''",
      with: { 'artifact-ids': expression('env.SAVED') },
    })
  },
)

test.each(COURSES)('R13 with %s the last job counts the review of its own plan', (_, ended, last) => {
  expect(evaluated(String(step('deploy', '/actions/apply')?.with?.['round']), ended)).toBe(last.round)
})
