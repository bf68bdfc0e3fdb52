import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { type FakeGitHub, startFakeGitHub, TOKEN } from '../world/github/server.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Each in a place of its own, so that a breach says where it came from. */
const CANARY = {
  plain: 'canary-plain-5f1e',
  sensitive: 'canary-sensitive-5f1e',
  before: 'canary-before-5f1e',
  deleted: 'canary-deleted-5f1e',
  trigger: 'canary-trigger-5f1e',
  nested: 'canary-nested-5f1e',
  output: 'canary-output-5f1e',
  hidden: 'canary-hidden-output-5f1e',
  remote: 'canary-remote-5f1e',
  check: 'canary-check-5f1e',
  local: 'canary-local-5f1e',
  password: 'canary-"pass word"/+5f1e',
  cloud: 'canary-cloud-credential-5f1e',
  token: TOKEN,
} as const

const CONFIG = `system: shop
environments:
  production: { cloud: aws, account: "222222222222", region: us-east-1 }
infra: { hcl: terraform }
`

const hcl = (second: boolean, broken = false): string => `
variable "db_password" { type = string }
variable "plain" { default = "${CANARY.plain}" }
variable "sensitive" {
  default   = "${CANARY.sensitive}"
  sensitive = true
}
locals { inside = "${CANARY.local}" }
resource "terraform_data" "plain" { input = { a = var.plain, b = local.inside, c = var.db_password } }
resource "terraform_data" "sensitive" { input = var.sensitive }
resource "terraform_data" "updated" { input = "${second ? CANARY.plain : CANARY.before}" }
resource "terraform_data" "replaced" { triggers_replace = ["${second ? CANARY.trigger : CANARY.before}"] }
${second ? '' : `resource "terraform_data" "deleted" { input = "${CANARY.deleted}" }`}
resource "terraform_data" "nested" { input = { list = [{ deep = ["${CANARY.nested}"] }] } }
resource "terraform_data" "guarded" {
  input = 1
  lifecycle {
    precondition {
      condition     = var.db_password ${broken ? '==' : '!='} ""
      error_message = "the password is $\{var.db_password}"
    }
  }
}
data "terraform_remote_state" "other" {
  backend = "local"
  config  = { path = "${folder}/terraform/other.tfstate" }
}
check "it" {
  assert {
    condition     = var.plain == ""
    error_message = "it is ${CANARY.check}"
  }
}
output "unmarked" { value = "${CANARY.output} $\{data.terraform_remote_state.other.outputs.remote}" }
output "hidden" {
  value     = "${CANARY.hidden}"
  sensitive = true
}
output "sluice" {
  value = {
    schema = "sluice.targets/v1", system = "shop", environment = "production", region = "us-east-1"
    ledger = "s3://ledger/x"
  }
}
`

const OTHER = JSON.stringify({
  version: 4,
  terraform_version: '1.9.0',
  serial: 1,
  lineage: '11111111-1111-1111-1111-111111111111',
  outputs: { remote: { value: CANARY.remote, type: 'string' } },
  resources: [],
})

interface Ended {
  readonly code: number | null
  /** All that it wrote to its streams. */
  readonly text: string
}

let folder: string
let github: FakeGitHub
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-canary-'))
  github = await startFakeGitHub()
  await mkdir(join(folder, 'terraform'))
  await writeFile(join(folder, 'sluice.yml'), CONFIG)
  await writeFile(join(folder, 'terraform/other.tfstate'), OTHER)
  await writeFile(join(folder, 'event.json'), JSON.stringify({ pull_request: { number: 7 } }))
})
afterEach(async () => {
  await github[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const configure = (...of: Parameters<typeof hcl>): Promise<void> =>
  writeFile(join(folder, 'terraform/main.tf'), hcl(...of))

function node(
  script: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, script), ...words], {
    cwd: folder,
    env: {
      PATH: [join(folder, 'bin'), join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter),
      HOME: folder,
      TF_VAR_db_password: CANARY.password,
      AWS_SECRET_ACCESS_KEY: CANARY.cloud,
      TF_LOG: 'trace',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, text }))
  })
}

async function bring(): Promise<void> {
  const stack = join(folder, '.sluice/production/stacks/terraform')
  const env = { PATH: process.env['PATH'], HOME: folder, TF_VAR_db_password: CANARY.password }
  await promisify(execFile)('tofu', ['init', '-input=false'], { cwd: stack, env })
  await promisify(execFile)('tofu', ['apply', '-auto-approve', '-input=false'], { cwd: stack, env })
}

const sluice = (...words: string[]): Promise<Ended> =>
  node('src/cli/main.ts', [...words, '--env', 'production', '--verbose'], {})

const action = (verb: string, inputs: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  node(`actions/${verb}/main.ts`, [], {
    ...github.env,
    ...inputs,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: folder,
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
    GITHUB_RUN_ID: '9',
    RUNNER_DEBUG: '1',
    ACTIONS_STEP_DEBUG: 'true',
    INPUT_ENVIRONMENT: 'production',
    'INPUT_GITHUB-TOKEN': CANARY.token,
  })

/** Saved plans, states and the configuration hold values, and are no artifacts; everything else is read. */
const HOLD_VALUES = /^(\.sluice\/production\/(plans|stacks|plugins)|terraform|bin)\//

async function written(): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  const own = files.filter((path) => !HOLD_VALUES.test(path.slice(folder.length + 1)))
  return (await Promise.all(own.map(async (path) => `${path}\n${await readFile(path, 'utf8')}`))).join('\n')
}

/** The canaries that are in a text as they are, in base64, in a URL or in JSON; the runner is told what to mask. */
function breaches(text: string): string[] {
  const shown = text.replace(/^::add-mask::.*$/gm, '')
  return Object.entries(CANARY)
    .filter(([, value]) =>
      [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value),
        Buffer.from(value).toString('base64').replace(/=+$/, ''),
      ].some((form) => shown.includes(form)),
    )
    .map(([name]) => name)
}

const everything = async (...ended: Ended[]): Promise<string> =>
  [...ended.map(({ text }) => text), await written(), ...github.store.comments.map(({ body }) => body)].join(
    '\n',
  )

describeReal('R5 R6 the values of a plan, by OpenTofu', ['tofu'], () => {
  test('R5 stand nowhere when it succeeds: not in the log, the files, the summary, the outputs or the comment', {
    timeout: 120_000,
  }, async () => {
    await configure(false)
    const first = await sluice('plan')
    expect(first).toMatchObject({ code: 0, text: expect.stringContaining('7 to create') })
    const applied = await sluice('apply')
    // Whatever an approval asks for: what stands is what is changed next.
    await bring()
    await configure(true)
    const second = await action('plan')
    expect(second).toMatchObject({ code: 0, text: expect.stringContaining('1 to replace') })
    const json = await sluice('plan', '--json')
    const text = await everything(first, applied, second, json)
    // What is looked for is there: names of all that changes.
    expect(github.store.comments).toHaveLength(1)
    for (const name of [
      'terraform_data.updated',
      'terraform_data.replaced',
      'terraform_data.deleted',
      'triggers_replace',
    ]) {
      expect(github.store.comments[0]?.body).toContain(name)
      expect(text).toContain(name)
    }
    expect(breaches(text)).toEqual([])
    // And the canaries were in the plan.
    const states = await readFile(join(folder, 'terraform/main.tf'), 'utf8')
    expect(breaches(states)).toContain('plain')
  })

  test('R5 R6 are shown where they are asked for; what is sensitive or signs in stands nowhere all the same', {
    timeout: 60_000,
  }, async () => {
    await configure(false)
    const shown = await action('plan', { 'INPUT_SHOW-VALUES': 'true' })
    const [comment] = github.store.comments
    expect(comment?.body).toContain(CANARY.plain)
    expect(comment?.body).toContain('Values were asked for')
    const found = breaches(await everything(shown))
    for (const name of ['sensitive', 'hidden', 'password', 'cloud', 'token'])
      expect(found).not.toContain(name)
    // plan.json has names alone, whoever asked.
    const plan = await readFile(join(folder, '.sluice/production/plan.json'), 'utf8')
    expect(breaches(plan)).toEqual([])
  })

  test('R5 stand nowhere when the engine refuses, with a message that quotes a secret', {
    timeout: 60_000,
  }, async () => {
    await configure(false, true)
    const [cli, inActions] = [await sluice('plan'), await action('plan')]
    expect([cli.code, inActions.code]).toEqual([11, 11])
    expect(cli.text).toContain('the password is')
    expect(breaches(await everything(cli, inActions))).toEqual([])
  })

  test('R5 stand nowhere when the engine crashes and prints what it has', { timeout: 60_000 }, async () => {
    await configure(false)
    await mkdir(join(folder, 'bin'))
    const crashing = `#!/bin/sh
if [ "$1" = version ]; then echo '{"terraform_version":"1.12.0"}'; exit 0; fi
if [ "$1" = plan ]; then printenv; printenv >&2; echo "panic: $TF_VAR_db_password" >&2; exit 2; fi
`
    await writeFile(join(folder, 'bin/tofu'), crashing)
    await chmod(join(folder, 'bin/tofu'), 0o755)
    const [cli, inActions] = [await sluice('plan'), await action('plan')]
    expect([cli.code, inActions.code]).toEqual([11, 11])
    expect(cli.text).toContain('panic:')
    expect(breaches(await everything(cli, inActions))).toEqual([])
  })
})
