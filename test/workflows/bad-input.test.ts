import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { type Caller, type Ended, openCaller, type Run } from './act.ts'
import { callerOf, deployCaller } from './aws-runs.ts'
import { builtDist } from './dist.ts'
import { openRecorder, type Recorder } from './recorder.ts'

const HERE = { repository: { id: 1 } }
const PULL = { number: 7, head: { sha: 'a'.repeat(40), repo: { id: 1 } }, base: { sha: 'b'.repeat(40) } }

/** How each workflow that signs in is started. */
const STARTS: Readonly<Record<string, Pick<Run, 'event' | 'payload' | 'inputs'>>> = {
  deploy: { event: 'push' },
  preview: { event: 'pull_request', payload: { ...HERE, action: 'opened', pull_request: PULL } },
  train: { event: 'schedule' },
  operate: { event: 'workflow_dispatch', inputs: { operation: 'status' } },
  drift: { event: 'schedule' },
  'preview-remove': { event: 'schedule' },
  command: {
    event: 'issue_comment',
    payload: {
      ...HERE,
      action: 'created',
      issue: { number: 7, pull_request: {} },
      comment: { id: 1, body: '/sluice plan' },
    },
  },
}

const callers = (change: (text: string) => string = (text) => text): Record<string, string> =>
  Object.fromEntries(
    Object.keys(STARTS).map((name) => [
      `.github/workflows/${name}.yml`,
      change(name === 'deploy' ? deployCaller() : callerOf(name)).replace(/^ {6}try: local\n/m, ''),
    ]),
  )

describeReal('what a caller leaves out, before anything is signed in', ['act', 'git'], () => {
  let recorder: Recorder
  let caller: Caller
  beforeAll(() => {
    // What asks who may do what says yes to both, so that the jobs behind it begin.
    recorder = openRecorder('command=plan\ncommand-environment=production\n')
    caller = openCaller({ dist: recorder.dist, files: callers() })
  })
  afterAll(() => {
    caller[Symbol.dispose]()
    recorder[Symbol.dispose]()
  })

  const start = (name: string, env: Readonly<Record<string, string>>): Promise<Ended> =>
    caller.run({
      workflow: `${name}.yml`,
      event: 'push',
      ...STARTS[name],
      env: { ...recorder.env(name), ...env },
    })

  test.each(Object.keys(STARTS))(
    'R12 %s: a caller without id-token: write is told so in the first step',
    async (name) => {
      const { code, log } = await start(name, { ACTIONS_ID_TOKEN_REQUEST_URL: '' })
      expect(code, log).not.toBe(0)
      expect(log).toContain('the calling job needs id-token: write')
      expect(log).not.toContain('Main aws-actions/configure-aws-credentials')
      // Whether a comment is followed is asked without signing in.
      expect(recorder.recorded(name).map(({ verb }) => verb)).toEqual(name === 'command' ? ['plan'] : [])
    },
  )

  test('a server of one’s own that is asked to attest says that it cannot, before anything is planned', async () => {
    caller.write(
      '.github/workflows/deploy.yml',
      deployCaller().replace(/( {4}with:\n)/, '$1      attest: true\n'),
    )
    const { code, log } = await start('deploy', { GITHUB_SERVER_URL: 'https://git.acme.example' })
    expect(code, log).not.toBe(0)
    expect(log).toContain('Failure - Main What attests is GitHub itself')
    expect(log).not.toContain('Main aws-actions/configure-aws-credentials')
  })
})

describeReal('what sluice.yml does not have', ['act', 'git'], () => {
  let dist: string
  let caller: Caller
  beforeAll(async () => {
    dist = await builtDist()
    const local = (text: string): string => text.replaceAll(/^ {6}aws-.*\n/gm, '')
    const misspelt = (text: string): string =>
      local(text).replaceAll('environment: production', 'environment: prodution')
    const elsewhere = (text: string): string =>
      local(text).replace(/( {4}with:\n)/, '$1      working-directory: systems/flims\n')
    caller = openCaller({
      dist,
      files: {
        ...callers(misspelt),
        '.github/workflows/elsewhere.yml': elsewhere(deployCaller()),
        'sluice.yml': 'system: tiny\nenvironments:\n  production: { cloud: local }\nbuckets: { films: {} }\n',
        'systems/films/sluice.yml': 'system: films\nenvironments:\n  production: { cloud: local }\n',
      },
    })
  })
  afterAll(() => {
    caller[Symbol.dispose]()
  })

  // A comment about an environment that a caller does not have is another caller's, and previews have an environment of their own.
  test.each(Object.keys(STARTS).filter((name) => name !== 'command' && name !== 'preview-remove'))(
    'R44 %s: an environment is refused with the names that there are',
    async (name) => {
      const { code, log } = await caller.run({ workflow: `${name}.yml`, event: 'push', ...STARTS[name] })
      expect(code, log).not.toBe(0)
      expect(log).toContain('set-output:: code=2')
      expect(log).toMatch(/prodution[\s\S]*production/)
    },
  )

  test('R44 a system whose folder is not there is refused with where it was looked for', async () => {
    const { code, log } = await caller.run({ workflow: 'elsewhere.yml', event: 'push' })
    expect(code, log).not.toBe(0)
    expect(log).toContain('set-output:: code=2')
    expect(log).toMatch(
      /working-directory "systems\/flims" is no folder of this commit[\s\S]*did you mean films\?/,
    )
  })
})
