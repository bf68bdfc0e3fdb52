import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const SYSTEM = `system: tiny
environments:
  local: { cloud: local }
  production: { cloud: aws, region: us-east-1, account: "222222222222" }
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
  writeFileSync(join(folder, 'sluice.yml'), SYSTEM)
})
afterAll(() => rmSync(folder, { recursive: true }))

function sluice(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
  })
  return { status, stdout, stderr }
}

test.each(['synth', 'plan', 'apply', 'bootstrap'])('%s says that cloud local needs nothing', (command) => {
  const { status, stdout, stderr } = sluice([command, '--env', 'local'])
  expect(stderr).toBe('')
  expect(stdout).toBe(`nothing to do: environment local is on cloud local, which needs no ${command}\n`)
  expect(status).toBe(0)
})

test('R48 --json prints one object with the fields of result.json and the command’s own', () => {
  const { status, stdout } = sluice(['plan', '--env', 'local', '--json'])
  expect(status).toBe(0)
  const printed = JSON.parse(stdout)
  expect(printed).toMatchObject({
    verb: 'plan',
    outcome: 'done',
    code: 0,
    counts: { create: 0 },
    changes: [],
  })
  const { counts, changes, ...result } = printed
  expect(JSON.parse(readFileSync(join(folder, '.sluice/local/result.json'), 'utf8'))).toEqual(result)
})

test('R48 an engine that is not there is named with how to get it, with code 2 and a result.json', () => {
  const { status, stdout, stderr } = sluice(['plan', '--env', 'production', '--json'], { PATH: folder })
  expect(status).toBe(2)
  expect(stderr).toContain('neither tofu nor terraform is on PATH')
  expect(stderr).toContain('install OpenTofu 1.10 or newer')
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'usage', code: 2, environment: 'production' })
  expect(JSON.parse(readFileSync(join(folder, '.sluice/production/result.json'), 'utf8'))).toMatchObject({
    outcome: 'usage',
    code: 2,
  })
})

test('R48 a bad line is refused as JSON, too', () => {
  const { status, stdout, stderr } = sluice(['plan', '--json'])
  expect(status).toBe(2)
  expect(stderr).toBe('sluice: plan needs --env ENVIRONMENT\nsee sluice plan --help\n')
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'sluice.result/v1',
    verb: 'plan',
    outcome: 'usage',
    code: 2,
  })
})

test('a file that is not there is code 2, and leaves no folder behind', () => {
  const { status, stderr } = sluice(['plan', '--env', 'local', '--file', 'nowhere/sluice.yml'])
  expect(status).toBe(2)
  expect(stderr).toContain('nowhere/sluice.yml')
  expect(existsSync(join(folder, 'nowhere'))).toBe(false)
})

test('--state moves the working folder', () => {
  sluice(['plan', '--env', 'local', '--state', 'work'])
  expect(existsSync(join(folder, 'work/local/result.json'))).toBe(true)
})

test('without a command, help goes to stderr with code 2; when asked for, to stdout with code 0', () => {
  const forgotten = sluice([])
  expect([forgotten.status, forgotten.stdout]).toEqual([2, ''])
  const asked = sluice(['--help'])
  expect([asked.status, asked.stderr]).toEqual([0, ''])
  expect(asked.stdout).toBe(forgotten.stderr)
  expect(sluice(['rollout', '--help']).stdout).toContain('--image NAME=REFERENCE')
})

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  expect(sluice(['--version']).stdout).toBe(`${version}\n`)
})

test('no line of help is wider than a terminal of 80 columns', () => {
  const helps = [[], ['build'], ['bootstrap'], ['operate'], ['evaluate']]
  const lines = helps.flatMap((words) => sluice([...words, '--help']).stdout.split('\n'))
  expect(lines.filter((line) => line.length > 80)).toEqual([])
})

test('FORCE_COLOR and NO_COLOR are honoured', () => {
  expect(sluice(['plan', '--env', 'local'], { FORCE_COLOR: '1' }).stdout).toContain('\x1b[32m')
  expect(sluice(['plan', '--env', 'local'], { FORCE_COLOR: '1', NO_COLOR: '1' }).stdout).not.toContain('\x1b')
})
