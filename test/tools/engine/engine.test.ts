import { describe, expect, test } from 'vitest'
import { SluiceError } from '../../../src/domain/error.ts'
import { engineArgv } from '../../../src/tools/engine/argv.ts'
import { engineEnvironment } from '../../../src/tools/engine/environment.ts'
import { type EngineEnd, engineFailure } from '../../../src/tools/engine/failure.ts'
import { engineMessage } from '../../../src/tools/engine/messages.ts'
import { sluiceOutput } from '../../../src/tools/engine/outputs.ts'
import { engineFrom } from '../../../src/tools/engine/version.ts'

describe('argv of the engine', () => {
  test('R18 everything that takes a lock waits for it a bounded time, and nothing breaks one', () => {
    const all = [engineArgv.plan('tofu', '/p'), engineArgv.apply('tofu', '/p')]
    for (const argv of all) expect(argv).toContain('-lock-timeout=30s')
    expect(all.flat().join(' ')).not.toMatch(/-lock=false|force-unlock/)
  })

  test('R20 no exit code says whether anything changes', () => {
    expect(engineArgv.plan('tofu', '/p')).toEqual([
      'tofu',
      'plan',
      '-json',
      '-input=false',
      '-lock-timeout=30s',
      '-out=/p',
    ])
  })

  test('apply gets the saved plan and nothing that could change it', () => {
    expect(engineArgv.apply('/usr/bin/tofu', '/p/data.tfplan')).toEqual([
      '/usr/bin/tofu',
      'apply',
      '-json',
      '-input=false',
      '-lock-timeout=30s',
      '/p/data.tfplan',
    ])
  })
})

describe('environment of the engine', () => {
  const environment = engineEnvironment(
    {
      PATH: '/bin',
      https_proxy: 'http://proxy',
      AWS_ACCESS_KEY_ID: 'id',
      GOOGLE_OAUTH_ACCESS_TOKEN: 'token',
      TF_VAR_size: '3',
      TF_CLI_ARGS_apply: '-auto-approve',
      TF_LOG: 'trace',
      TF_WORKSPACE: 'other',
      GITHUB_TOKEN: 'secret',
      INPUT_GITHUB_TOKEN: 'secret',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
      NPM_TOKEN: 'secret',
      EMPTY: undefined,
    },
    '/plugins',
  )

  test('R5 it holds what providers sign in with, and no token of the job', () => {
    expect(environment).toMatchObject({
      PATH: '/bin',
      https_proxy: 'http://proxy',
      AWS_ACCESS_KEY_ID: 'id',
      GOOGLE_OAUTH_ACCESS_TOKEN: 'token',
      TF_VAR_size: '3',
    })
    expect(Object.values(environment)).not.toContain('secret')
  })

  test('R2 it adds no option behind the command line, no workspace and no log', () => {
    expect(Object.keys(environment).filter((name) => /ARGS|LOG|WORKSPACE/.test(name))).toEqual([])
  })

  test('nobody is asked, and providers are fetched once for all stacks', () => {
    expect(environment).toMatchObject({
      TF_INPUT: '0',
      TF_IN_AUTOMATION: '1',
      TF_PLUGIN_CACHE_DIR: '/plugins',
    })
    expect(engineEnvironment({ TF_PLUGIN_CACHE_DIR: '/mine' }, '/p')).toMatchObject({
      TF_PLUGIN_CACHE_DIR: '/mine',
    })
  })
})

describe('version of the engine', () => {
  const printed = (version: string): string =>
    `\nWarning: Unable to open CLI configuration file\n{\n  "terraform_version": "${version}",\n  "platform": "linux_amd64"\n}\n`

  test.each([
    ['tofu', '1.10.0'],
    ['tofu', '1.12.6'],
    ['terraform', '1.11.0'],
    ['terraform', '2.0.1'],
  ] as const)('%s %s is new enough', (name, version) => {
    expect(engineFrom(name, '/bin/x', printed(version))).toEqual({ name, version, program: '/bin/x' })
  })

  test.each([
    ['tofu', '1.9.4', 'needs tofu 1.10'],
    ['terraform', '1.10.5', 'needs terraform 1.11'],
    ['terraform', '0.15.0', 'needs terraform 1.11'],
  ] as const)('%s %s is refused with what is needed', (name, version, said) => {
    expect(() => engineFrom(name, '/bin/x', printed(version))).toThrow(said)
  })

  test.each(['', 'Terraform v1.11.0', '{"terraform_version": "new"}'])('%j is no version', (text) => {
    expect(() => engineFrom('tofu', '/bin/x', text)).toThrow('says no version')
  })
})

describe('messages of the engine', () => {
  test('a resource is followed by its address and what happens to it', () => {
    const hook = {
      resource: { addr: 'aws_vpc.main', resource_type: 'aws_vpc' },
      action: 'create',
      id_value: 'vpc-1',
    }
    expect(engineMessage(JSON.stringify({ '@level': 'info', type: 'apply_complete', hook }))).toEqual({
      kind: 'resource',
      address: 'aws_vpc.main',
      action: 'create',
      state: 'done',
    })
  })

  test('R5 values of outputs and the text around a failed expression are not read', () => {
    const outputs = { type: 'outputs', outputs: { password: { value: 'canary' } } }
    expect(engineMessage(JSON.stringify(outputs))).toEqual({ kind: 'other' })
    const diagnostic = {
      severity: 'error',
      summary: 's',
      detail: 'd',
      snippet: { values: [{ statement: 'canary' }] },
    }
    expect(JSON.stringify(engineMessage(JSON.stringify({ type: 'diagnostic', diagnostic })))).not.toContain(
      'canary',
    )
  })

  test.each([
    '',
    'Warning: something',
    '[]',
    'null',
    '{"type":7}',
    '{"type":"apply_complete"',
    '{"type":"toString"}',
  ])('%j is no message', (line) => {
    expect(engineMessage(line)).toEqual({ kind: 'other' })
  })
})

describe('how an engine fails', () => {
  const end = (summary: string, detail = ''): EngineEnd => ({
    code: 1,
    signal: null,
    diagnostics: [{ kind: 'diagnostic', severity: 'error', summary, detail }],
    tail: '',
  })

  test.each([
    ['Error acquiring the state lock', 'locked'],
    ['Saved plan is stale', 'stale'],
    ['Invalid index', 'external'],
  ])('%s is the outcome %s', (summary, outcome) => {
    const failure = engineFailure('plan of stack data', end(summary, 'why'))
    expect(failure).toBeInstanceOf(SluiceError)
    expect(failure.outcome).toBe(outcome)
    expect(failure.message).toContain(`the plan of stack data failed: ${summary}: why`)
  })

  test('R20 a crash is a failure whatever its code, with the last words', () => {
    const crash = engineFailure('plan of stack data', {
      code: 2,
      signal: null,
      diagnostics: [],
      tail: 'panic: nil',
    })
    expect(crash.message).toBe('the plan of stack data failed: it ended with code 2: panic: nil')
    const killed = engineFailure('apply of stack data', {
      code: null,
      signal: 'SIGKILL',
      diagnostics: [],
      tail: '',
    })
    expect(killed.message).toBe('the apply of stack data failed: it ended with signal SIGKILL')
  })
})

describe('the output sluice', () => {
  test('is read from all outputs, and may be absent', () => {
    expect(sluiceOutput('{"sluice":{"sensitive":false,"value":{"system":"s"}}}')).toEqual({ system: 's' })
    expect(sluiceOutput('{}')).toBeUndefined()
  })

  test('half a document is a failure of the engine', () => {
    expect(() => sluiceOutput('{"sluice":')).toThrow('the engine printed no outputs')
  })
})
