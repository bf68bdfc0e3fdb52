import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { calledWorkflows, callOf } from '../../scripts/workflows.ts'
import { describeReal } from '../real.ts'
import { type Caller, filledIn, openCaller } from './act.ts'
import { openRecorder, type Recorder } from './recorder.ts'

const root = join(import.meta.dirname, '../..')

/**
 * What whoever opens an issue or pull request, pushes or comments can write: the contexts that GitHub calls untrusted,
 * https://docs.github.com/actions/concepts/security/script-injections
 */
const UNTRUSTED = [
  'github.event.issue.title',
  'github.event.issue.body',
  'github.event.pull_request.title',
  'github.event.pull_request.body',
  'github.event.pull_request.head.ref',
  'github.event.pull_request.head.label',
  'github.event.pull_request.head.repo.default_branch',
  'github.event.comment.body',
  'github.event.review.body',
  'github.event.review_comment.body',
  'github.event.pages[0].page_name',
  'github.event.commits[0].message',
  'github.event.commits[0].author.email',
  'github.event.commits[0].author.name',
  'github.event.head_commit.message',
  'github.event.head_commit.author.email',
  'github.event.head_commit.author.name',
  'github.event.workflow_run.head_branch',
  'github.event.workflow_run.head_commit.message',
  'github.event.workflow_run.head_commit.author.email',
  'github.event.workflow_run.head_commit.author.name',
  'github.event.discussion.title',
  'github.event.discussion.body',
]

/** Each ends what it stands in, and leaves a file behind where anything runs it. */
const PAYLOADS = (canary: string): readonly string[] => [
  `$(touch ${canary})`,
  `\`touch ${canary}\``,
  `; touch ${canary} #`,
  `"; touch ${canary}; "`,
  `'; touch ${canary}; '`,
  `x\ntouch ${canary}\n`,
  `%0Atouch ${canary}%0A::set-env name=A::b`,
  `\${IFS}$(touch\${IFS}${canary})`,
  `-chdir=/ --config=x @file`,
  `::add-mask::a\n::stop-commands::b`,
]

/** Inputs that decide where and when a job runs; the others go to actions. */
const STEERING = ['runner', 'try', 'base']

describeReal('R1 values of strangers in every input of every workflow', ['act', 'git'], () => {
  let recorder: Recorder
  let canary: string
  let caller: Caller
  beforeAll(() => {
    recorder = openRecorder()
    canary = join(recorder.folder, 'canary')
    caller = openCaller({ dist: recorder.dist, files: {} })
  })
  afterAll(() => {
    caller[Symbol.dispose]()
    recorder[Symbol.dispose]()
  })

  /** A job for every workflow, and in its inputs one untrusted context after the other. */
  const jobsOf = (): { yaml: string; used: Set<string> } => {
    const used = new Set<string>()
    let next = 0
    const jobs = calledWorkflows(root).map(({ path, workflow }) => {
      const { inputs = {} } = callOf(workflow) ?? {}
      const permissions = new Set(
        Object.values(workflow.jobs).flatMap((job) =>
          Object.entries(job.permissions ?? {}).map(([a, b]) => `${a}: ${b}`),
        ),
      )
      const given = Object.entries(inputs).flatMap(([name, { type }]) => {
        if (type !== 'string' || STEERING.includes(name))
          return name === 'protected-only' ? [`      ${name}: false`] : []
        // What asks for a cloud asks a stand-in that refuses; here it is a later step that matters.
        if (/^(aws|google)-/.test(name)) return []
        const context = UNTRUSTED[next % UNTRUSTED.length] ?? ''
        next += 1
        used.add(context)
        return [`      ${name}: \${{ ${context} }}`]
      })
      return [
        `  ${workflow.name}:`,
        `    permissions: { ${[...permissions].join(', ')} }`,
        `    uses: OWNER/sluice/${path}@COMMIT`,
        '    with:',
        ...given,
      ].join('\n')
    })
    const yaml = filledIn(`name: all\non: pull_request\npermissions: {}\njobs:\n${jobs.join('\n')}\n`)
    return { yaml, used }
  }

  test('R1 every untrusted context is handed to some input', () => {
    expect([...jobsOf().used].sort()).toEqual([...UNTRUSTED].sort())
  })

  test.each(Array.from({ length: PAYLOADS('').length }, (_, i) => i))(
    'R1 value %i reaches the actions byte for byte, and nothing runs it',
    async (index) => {
      const value = PAYLOADS(canary)[index] ?? ''
      caller.write('.github/workflows/all.yml', jobsOf().yaml)
      const payload = untrustedEvent(value)
      const { log } = await caller.run({
        workflow: 'all.yml',
        event: 'pull_request',
        payload,
        env: recorder.env(String(index)),
      })
      expect(existsSync(canary), log).toBe(false)
      const given = recorder.recorded(String(index)).map((one) => one.given)
      // plan, synthesize or try of preview, operate, train, drift, affected: those that run before something is refused.
      expect(given.length, log).toBeGreaterThan(4)
      const texts = given.flatMap((inputs) => Object.values(inputs))
      expect(texts.filter((text) => text === value).length, log).toBeGreaterThan(10)
      // What holds a part of it holds all of it.
      for (const text of texts.filter((one) => one.includes(canary))) expect(text).toBe(value)
    },
  )
})

/** An event with the value at every untrusted place, of a branch of the repository itself. */
function untrustedEvent(value: string): Record<string, unknown> {
  const event: Record<string, unknown> = { action: 'opened', repository: { id: 1 } }
  for (const context of UNTRUSTED) {
    const keys = context
      .slice('github.event.'.length)
      .replaceAll(/\[(\d)\]/g, '.$1')
      .split('.')
    let at = event
    keys.forEach((key, i) => {
      const isLast = i === keys.length - 1
      const isList = keys[i + 1] === '0'
      at[key] ??= isLast ? value : isList ? [] : {}
      at = at[key] as Record<string, unknown>
    })
  }
  const pull = event['pull_request'] as { number?: number; head: { repo: { id?: number } } }
  pull.number = 7
  pull.head.repo.id = 1
  return event
}
