import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEngine } from '../../../src/commands/infrastructure/engine.ts'
import { SluiceError } from '../../../src/domain/error.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'

const PLAN = JSON.stringify({
  format_version: '1.2',
  resource_changes: [
    {
      address: 'aws_vpc.main',
      mode: 'managed',
      type: 'aws_vpc',
      name: 'main',
      provider_name: 'registry.opentofu.org/hashicorp/aws',
      change: {
        actions: ['create'],
        before: null,
        after: { cidr_block: '10.0.0.0/16' },
        after_unknown: { id: true },
      },
    },
  ],
})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-engine-'))
  await mkdir(join(folder, 'bin'))
})
afterEach(() => rm(folder, { recursive: true }))

interface Says {
  readonly version?: string
  readonly code?: number
  readonly stdout?: string
  readonly stderr?: string
}

/** A program that writes down how it was called and says what it is told to. */
async function program(name: string, says: Readonly<Record<string, Says>>): Promise<void> {
  const path = join(folder, 'bin', name)
  const source = `#!${process.execPath}
const says = ${JSON.stringify({ version: { stdout: '{"terraform_version": "1.12.0"}' }, ...says })}
const [verb] = process.argv.slice(2)
require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'calls'))}, JSON.stringify([${JSON.stringify(name)}, ...process.argv.slice(2)]) + '\\n')
const { code = 0, stdout = '', stderr = '' } = says[verb] ?? {}
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
`
  await writeFile(path, source)
  await chmod(path, 0o755)
}

async function calls(): Promise<string[][]> {
  const text = await readFile(join(folder, 'calls'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[])
}

const open = () => {
  const env = { PATH: join(folder, 'bin'), TF_CLI_CONFIG_FILE: join(folder, 'absent') }
  const signals = { cancelled: new AbortController().signal }
  return openEngine(nodeRuntime({ emit: () => {} }, signals, folder, env), join(folder, 'plugins'))
}

const plan = async () =>
  (await open()).plan({ name: 'data', folder, dependsOn: [] }, join(folder, 'data.tfplan'))

async function failure(work: Promise<unknown>): Promise<SluiceError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof SluiceError)) throw new Error(`it did not fail as it should: ${error}`)
  return error
}

test('tofu is taken before terraform, and terraform where there is no tofu', async () => {
  await program('terraform', {})
  expect((await open()).engine).toMatchObject({ name: 'terraform', version: '1.12.0' })
  await program('tofu', {})
  expect((await open()).engine).toMatchObject({ name: 'tofu', program: join(folder, 'bin/tofu') })
})

test('without an engine, the error says what to install', async () => {
  const error = await failure(open())
  expect(error.outcome).toBe('usage')
  expect(error.remedy).toContain('install OpenTofu 1.10 or newer')
})

test('an engine that is too old is refused before it runs', async () => {
  await program('terraform', { version: { stdout: '{"terraform_version": "1.5.7"}' } })
  expect((await failure(plan())).message).toContain('is terraform 1.5.7')
  expect(await calls()).toEqual([['terraform', 'version', '-json']])
})

test('R20 what changes is read from the saved plan', async () => {
  await program('tofu', { show: { stdout: PLAN } })
  const found = await plan()
  expect(found).toMatchObject({ stack: 'data', state: 'planned', counts: { create: 1 } })
  expect((await calls()).at(-1)).toEqual(['tofu', 'show', '-json', '-no-color', join(folder, 'data.tfplan')])
})

test.each([1, 2, 11, 137])(
  'R20 a plan that ends with code %i is a failure, whatever it has said',
  async (code) => {
    await program('tofu', { plan: { code, stderr: 'panic: nil' }, show: { stdout: PLAN } })
    const error = await failure(plan())
    expect(error.outcome).toBe('external')
    expect(error.message).toBe(`the plan of stack data failed: it ended with code ${code}: panic: nil`)
  },
)

test.each([
  ['half a document', { stdout: PLAN.slice(0, -20) }, 'cut off'],
  ['a warning before it', { stdout: `Warning: old\n${PLAN}` }, 'is not a plan document'],
  ['nothing', { stdout: '' }, 'is not a plan document'],
  ['code 2 after a whole document', { stdout: PLAN, code: 2 }, 'ended with code 2'],
])('R20 a saved plan that is shown as %s changes nothing', async (_, show, said) => {
  await program('tofu', { show })
  expect((await failure(plan())).message).toContain(said)
})

test('what the engine says is the error, with its address', async () => {
  const diagnostic = {
    severity: 'error',
    summary: 'Unsupported argument',
    detail: 'No "colour" here.',
    address: 'aws_vpc.main',
  }
  await program('tofu', {
    plan: { code: 1, stdout: `${JSON.stringify({ type: 'diagnostic', diagnostic })}\n` },
  })
  expect((await failure(plan())).message).toBe(
    'the plan of stack data failed: aws_vpc.main: Unsupported argument: No "colour" here.',
  )
})
