import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type WorkflowFile, workflowFiles } from '../../scripts/workflows.ts'
import { describeReal } from '../real.ts'
import { type Caller, filledIn, openCaller, type Run } from './act.ts'
import { openRecorder, type Recorder } from './recorder.ts'

const templates = workflowFiles(join(import.meta.dirname, '../..'), 'workflows-templates')
const nameOf = ({ path }: WorkflowFile): string => path.split('/').at(-1) ?? ''
/** What it is about, whoever's it is: `filmlens-deploy.yml` and `deploy.yml` are both `deploy`. */
const kindOf = (file: WorkflowFile): string =>
  nameOf(file)
    .replace(/^filmlens-/, '')
    .replace(/\.yml$/, '')

const HERE = { repository: { id: 1 } }
const PULL = { number: 7, head: { sha: 'a'.repeat(40), repo: { id: 1 } }, base: { sha: 'b'.repeat(40) } }
const FOLLOWED = {
  id: 31,
  head_sha: 'a'.repeat(40),
  conclusion: 'success',
  event: 'pull_request',
  head_repository: { id: 2 },
}

/** Those of a pull request are its own; what removes them is told what they are made like. */
const ENVIRONMENTS: Readonly<Record<string, readonly string[]>> = {
  'preview-environment': ['pr-7'],
  'preview-remove': ['pr'],
}

/** How each is started, and which actions of ours it runs then. */
const RUNS: Readonly<
  Record<string, Pick<Run, 'event' | 'payload' | 'inputs'> & { readonly verbs: readonly string[] }>
> = {
  preview: {
    event: 'pull_request',
    payload: { ...HERE, action: 'opened', pull_request: PULL },
    verbs: ['operate', 'operate', 'plan', 'release'],
  },
  'preview-environment': {
    event: 'pull_request',
    payload: {
      ...HERE,
      action: 'labeled',
      pull_request: { ...PULL, labels: [{ name: 'preview' }] },
    },
    verbs: ['build', 'plan', 'release'],
  },
  'preview-remove': { event: 'schedule', verbs: ['operate'] },
  'preview-comment': { event: 'workflow_run', payload: { ...HERE, workflow_run: FOLLOWED }, verbs: ['plan'] },
  deploy: {
    event: 'workflow_dispatch',
    inputs: { 'allow-loss': 'a@1' },
    verbs: ['build', 'plan', 'release'],
  },
  'deploy-monorepo': {
    event: 'workflow_dispatch',
    verbs: ['build', 'build', 'plan', 'plan', 'release', 'release'],
  },
  train: { event: 'schedule', verbs: ['release'] },
  operate: { event: 'workflow_dispatch', inputs: { operation: 'history' }, verbs: ['operate'] },
  drift: { event: 'schedule', verbs: ['plan'] },
  // Who may what is asked by the action, which here only writes down that it was asked.
  command: {
    event: 'issue_comment',
    payload: {
      ...HERE,
      action: 'created',
      issue: { number: 7, pull_request: {} },
      comment: { id: 1, body: '/sluice plan' },
    },
    verbs: ['plan'],
  },
}

describeReal('every caller to copy', ['act', 'git', 'tofu'], () => {
  let recorder: Recorder
  let caller: Caller
  beforeAll(() => {
    recorder = openRecorder()
    const files = templates.map((file) => [
      `.github/workflows/${nameOf(file)}`,
      // act knows no protected branches.
      filledIn(file.text).replace(
        /(workflows\/deploy\.yml@\S+\n {4}with:\n)/,
        '$1      protected-only: false\n',
      ),
    ])
    // Those that the caller of a monorepo names.
    const systems = ['films', 'videos'].map((name) => [`systems/${name}/sluice.yml`, `system: ${name}\n`])
    caller = openCaller({
      dist: recorder.dist,
      files: Object.fromEntries([...files, ...systems]) as Record<string, string>,
    })
  })
  afterAll(() => {
    caller[Symbol.dispose]()
    recorder[Symbol.dispose]()
  })

  test.each(templates.map((file) => [file.path, file] as const))('%s runs', async (_, file) => {
    const how = RUNS[kindOf(file)]
    if (how === undefined) throw new Error(`how ${file.path} is started is not written down here`)
    const { verbs, ...run } = how
    const roles = [...file.text.matchAll(/arn:aws:iam::\S+/g)].map(([role]) => [role, {}])
    const name = nameOf(file)
    const { code, log } = await caller.run({
      ...run,
      workflow: name,
      env: {
        ...recorder.env(name),
        SLUICE_TEST_ROLES: JSON.stringify(Object.fromEntries(roles)),
      },
    })
    expect(code, log).toBe(0)
    const recorded = recorder.recorded(name)
    expect(recorded.map(({ verb }) => verb).sort()).toEqual(verbs)
    // What asks who may do what has no files.
    const folder =
      file.path.includes('/filmlens/') && kindOf(file) !== 'command' ? 'examples/filmlens' : undefined
    for (const { given } of recorded) {
      expect(ENVIRONMENTS[kindOf(file)] ?? ['production', 'local']).toContain(given['INPUT_ENVIRONMENT'])
      if (folder !== undefined) expect(given['INPUT_WORKING-DIRECTORY']).toBe(folder)
    }
  })

  test('systems of a monorepo are deployed in a folder each', () => {
    const folders = recorder
      .recorded('deploy-monorepo.yml')
      .map(({ given }) => given['INPUT_WORKING-DIRECTORY'])
    expect([...new Set(folders)].sort()).toEqual(['systems/films', 'systems/videos'])
  })
})
