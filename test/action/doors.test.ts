import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runnerCommands, runnerFile } from '../runtime/reference-runner.ts'

const root = join(import.meta.dirname, '../..')
const SYSTEM = 'system: tiny\nenvironments:\n  local: { cloud: local }\n'

let workspace: string
beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'sluice-door-'))
  writeFileSync(join(workspace, 'sluice.yml'), SYSTEM)
  writeFileSync(join(workspace, 'bad.yml'), `${SYSTEM}servces: {}\n`)
})
afterAll(() => rmSync(workspace, { recursive: true }))

/** Runs an action as a runner does: inputs in INPUT_*, files for outputs and summary. */
function runAction(verb: string, inputs: Record<string, string>, extra: Record<string, string> = {}) {
  const output = join(workspace, 'output')
  writeFileSync(output, '')
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'actions', verb, 'main.ts')], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      GITHUB_WORKSPACE: workspace,
      GITHUB_OUTPUT: output,
      ...Object.fromEntries(Object.entries(inputs).map(([k, v]) => [`INPUT_${k.toUpperCase()}`, v])),
      ...extra,
    },
  })
  const outputs = Object.fromEntries(runnerFile(readFileSync(output, 'utf8')).map((o) => [o.key, o.value]))
  return { status, stdout, stderr, outputs, commands: runnerCommands(stdout) }
}

test('R48 an action leaves code, outcome and result.json', () => {
  const { status, outputs, stderr } = runAction('plan', { environment: 'local' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(outputs).toEqual({
    outcome: 'done',
    artifact: '',
    code: '0',
    result: join(workspace, '.sluice/local/result.json'),
    changes: 'false',
    fingerprint: '',
    deferred: '',
    'comment-url': '',
    drift: '',
    'issue-url': '',
    command: '',
    'command-environment': '',
    'command-plan': '',
    sha: '',
  })
  expect(JSON.parse(readFileSync(outputs['result'] ?? '', 'utf8'))).toMatchObject({
    schema: 'sluice.result/v1',
    verb: 'plan',
    environment: 'local',
    outcome: 'done',
    code: 0,
  })
})

test('R48 refused inputs end with code 2, an error each, and outputs', () => {
  const { status, outputs, commands } = runAction('plan', { environment: '--all', 'dry-rn': 'true' })
  expect(status).toBe(2)
  expect(outputs).toEqual({ outcome: 'usage', code: '2', result: '' })
  expect(commands.map(({ name }) => name)).toEqual(['error', 'error'])
})

test('R44 a mistake in sluice.yml is an error at its place in the workspace', () => {
  const { status, commands, outputs } = runAction('plan', { environment: 'local', file: 'bad.yml' })
  expect(status).toBe(2)
  expect(outputs).toMatchObject({ outcome: 'usage', code: '2' })
  expect(commands[0]).toMatchObject({ name: 'error', properties: { file: 'bad.yml', line: '4', col: '1' } })
})

test('R46 a file outside the workspace is refused', () => {
  const { status, commands } = runAction('plan', { environment: 'local', file: '/etc/passwd' })
  expect(status).toBe(2)
  expect(commands[0]?.data).toContain('/etc/passwd leaves the workspace')
})

test('R46 what is refused for its place is not written to either', () => {
  const outside = mkdtempSync(join(tmpdir(), 'sluice-outside-'))
  try {
    writeFileSync(join(outside, 'sluice.yml'), SYSTEM)
    const named = runAction('plan', { environment: 'local', file: join(outside, 'sluice.yml') })
    expect(named.outputs).toMatchObject({ outcome: 'usage', result: '' })
    const inside = mkdtempSync(join(workspace, 'linked-'))
    writeFileSync(join(inside, 'sluice.yml'), SYSTEM)
    symlinkSync(outside, join(inside, '.sluice'))
    const linked = runAction('plan', { environment: 'local', file: join(inside, 'sluice.yml') })
    expect(linked.outputs).toMatchObject({ outcome: 'usage', result: '' })
    expect(readdirSync(outside)).toEqual(['sluice.yml'])
  } finally {
    rmSync(outside, { recursive: true })
  }
})

test('R5 the token of a job is masked before anything else is said', () => {
  const { stdout } = runAction('plan', { environment: 'local', 'github-token': 'ghs_hunter22' })
  expect(stdout.indexOf('hunter22')).toBe('::add-mask::ghs_'.length)
  expect(stdout.lastIndexOf('hunter22')).toBe('::add-mask::ghs_'.length)
})

test('the summary is written where the runner wants one, and its absence is no failure', () => {
  const summary = join(workspace, 'summary')
  writeFileSync(summary, '')
  expect(runAction('plan', { environment: 'local' }, { GITHUB_STEP_SUMMARY: summary }).status).toBe(0)
  expect(readFileSync(summary, 'utf8')).toContain('nothing to do')
  const without = runAction('plan', { environment: 'local' })
  expect(without.outputs['outcome']).toBe('done')
  expect(without.commands.filter(({ name }) => name === 'warning')).toHaveLength(1)
})

test('R3 nothing is written to GITHUB_ENV or GITHUB_PATH', () => {
  const env = join(workspace, 'env')
  writeFileSync(env, '')
  runAction('plan', { environment: 'local' }, { GITHUB_ENV: env, GITHUB_PATH: env })
  expect(readFileSync(env, 'utf8')).toBe('')
})
