import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { secretForms } from '../../src/runtime/redact.ts'
import { runnerCommands } from '../runtime/reference-runner.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Of several lines, with everything that an encoding changes. */
const USER_SECRET = 'canary "one"/<first>\ncanary+line&two%é'
const GITHUB_TOKEN = 'ghs_canaryOfTheRunner'
const PARENT_SECRET = 'canary-of-the-shell'

let folder: string
/** Everything that a command wrote, by command. */
const emitted: { readonly what: string; readonly code: number; readonly text: string }[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-canary-'))
  await cp(join(ROOT, 'test/e2e/fixtures/canary'), folder, { recursive: true })
  await sluice('build')
  await sluice('up', '--detach', '--verbose')
  await sluice('train', '--verbose')
  await sluice('train', '--param', 'end=badly', '--verbose')
  await sluice('rollout', '--verbose')
  await sluice('operate', 'status')
  await sluice('operate', 'logs', '--verbose')
  await sluice('up', '--detach')
  await writeFile(join(folder, 'app/broken'), '')
  await action('build', {})
  await action('train', { parameters: 'end=badly' })
  await action('rollout', {})
  await sluice('operate', 'logs')
  await sluice('operate', 'status', '--verbose')
}, 300_000)

afterAll(async () => {
  await sluice('operate', 'destroy', '--confirm', 'local')
  await rm(folder, { recursive: true, force: true })
}, 60_000)

async function started(
  what: string,
  program: string,
  args: string[],
  extra: Record<string, string>,
): Promise<void> {
  const env = {
    PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter),
    HOME: process.env['HOME'],
    API_KEY: USER_SECRET,
    STRIPE_PASS: PARENT_SECRET,
    NO_COLOR: '1',
    ...extra,
  }
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? -1))
  })
  emitted.push({ what, code, text })
}

async function sluice(...words: string[]): Promise<void> {
  const common = ['--env', 'local', '--file', join(folder, 'sluice.yml')]
  const json = words.includes('--verbose') ? [] : ['--json']
  await started(words.join(' '), join(ROOT, 'src/cli/main.ts'), [...words, ...common, ...json], {})
}

async function action(verb: string, inputs: Record<string, string>): Promise<void> {
  const files = join(folder, 'runner', verb)
  await mkdir(files, { recursive: true })
  await writeFile(join(files, 'output'), '')
  await writeFile(join(files, 'summary'), '')
  const given = { environment: 'local', 'github-token': GITHUB_TOKEN, ...inputs }
  await started(`action ${verb}`, join(ROOT, 'actions', verb, 'main.ts'), [], {
    GITHUB_WORKSPACE: folder,
    GITHUB_OUTPUT: join(files, 'output'),
    GITHUB_STEP_SUMMARY: join(files, 'summary'),
    ...Object.fromEntries(
      Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
  })
}

/** Made to hold secrets, for the owner alone. */
const KEEPS_SECRETS = /\/(?:daemon|endpoint|settings)\.json$/

async function files(of: string, wanted: (path: string) => boolean): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const entry of await readdir(of, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || path.includes('/postgres/db/data/') || !wanted(path)) continue
    found.set(path.slice(of.length), await readFile(path, 'utf8'))
  }
  return found
}

async function canaries(): Promise<readonly string[]> {
  const cloud = join(folder, '.sluice/local/cloud')
  const read = async (path: string): Promise<Record<string, string>> =>
    JSON.parse(await readFile(join(cloud, path), 'utf8'))
  const control = (await read('daemon.json'))['control'] as unknown as { token: string }
  return [
    USER_SECRET,
    PARENT_SECRET,
    GITHUB_TOKEN,
    control.token,
    (await read('postgres/db/settings.json'))['password'] ?? '',
    (await read('objects/endpoint.json'))['secret'] ?? '',
    (await read('models/endpoint.json'))['secret'] ?? '',
  ]
}

function foundIn(text: string, secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => secretForms(secret).filter((form) => text.includes(form)))
}

test('the service and the step have spoken, in success and in failure', async () => {
  const codes = Object.fromEntries(emitted.map(({ what, code }) => [what, code]))
  expect(codes, emitted.map(({ what, text }) => `${what}\n${text}`).join('\n')).toMatchObject({
    build: 0,
    'up --detach --verbose': 0,
    'train --verbose': 0,
    'train --param end=badly --verbose': 11,
    'rollout --verbose': 0,
    'operate logs --verbose': 0,
    'action train': 11,
    'action rollout': 6,
  })
  for (const what of ['train --verbose', 'operate logs --verbose', 'action train', 'operate logs'])
    expect(emitted.find((one) => one.what === what)?.text).toContain('said in base64')
  expect(emitted.find(({ what }) => what === 'action rollout')?.text).toContain('it is broken: [redacted]')
})

test('R5 nothing that a command wrote holds a secret, in any form', async () => {
  const secrets = await canaries()
  for (const { what, text } of emitted) {
    // What the runner is told to hide is the one thing that names it.
    const shown = text.replaceAll(/^::add-mask::.*$/gm, '')
    expect(foundIn(shown, secrets), what).toEqual([])
  }
})

test('R5 no log, result, output, summary or state holds a secret, in any form', async () => {
  const secrets = await canaries()
  const all = new Map([
    ...(await files(join(folder, '.sluice'), (path) => !KEEPS_SECRETS.test(path))),
    ...(await files(join(folder, 'runner'), () => true)),
  ])
  expect([...all.keys()].filter((path) => /\/jobs\/[^/]+\/log$/.test(path)).length).toBeGreaterThan(2)
  expect([...all.keys()].filter((path) => path.includes('/logs/web/')).length).toBeGreaterThan(0)
  for (const [path, text] of all) expect(foundIn(text, secrets), path).toEqual([])
})

test('R5 what holds a secret is for the owner alone', async () => {
  const keeping = await files(join(folder, '.sluice'), (path) => KEEPS_SECRETS.test(path))
  expect(keeping.size).toBe(4)
  for (const path of keeping.keys())
    expect((await stat(join(folder, '.sluice', path))).mode & 0o077, path).toBe(0)
})

test('R4 the words of a job are no command of the runner', () => {
  for (const { what, text } of emitted.filter((one) => one.what.startsWith('action'))) {
    const said = runnerCommands(text).filter(({ data }) => data.startsWith('said as a command'))
    expect(said, what).toEqual([])
  }
})

test('R5 the token of the runner reaches no process', () => {
  for (const { text } of emitted) expect(text).not.toContain('INPUT_GITHUB-TOKEN')
})
