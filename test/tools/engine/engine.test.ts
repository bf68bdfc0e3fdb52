import { describe, expect, test } from 'vitest'
import { SluiceError } from '../../../src/domain/error.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { engineArgv } from '../../../src/tools/engine/argv.ts'
import { backendIdentity } from '../../../src/tools/engine/backend.ts'
import { enforcesPlans, handlesPlans, planEncryption } from '../../../src/tools/engine/encryption.ts'
import { engineEnvironment } from '../../../src/tools/engine/environment.ts'
import { type EngineEnd, engineFailure } from '../../../src/tools/engine/failure.ts'
import { heldBy, lockHolder } from '../../../src/tools/engine/lock.ts'
import { engineMessage } from '../../../src/tools/engine/messages.ts'
import { sluiceOutput } from '../../../src/tools/engine/outputs.ts'
import { stateIdentity } from '../../../src/tools/engine/state-identity.ts'
import { engineFrom } from '../../../src/tools/engine/version.ts'

const NOW = Date.parse('2026-11-21T18:10:29.397Z')

describe('argv of the engine', () => {
  test('R18 everything that takes a lock waits for it a bounded time, and nothing breaks one', () => {
    const all = [engineArgv.plan('tofu', '/p', 30), engineArgv.apply('tofu', '/p', 30)]
    for (const argv of all) expect(argv).toEqual(expect.arrayContaining(['-lock=true', '-lock-timeout=30s']))
    expect(all.flat().join(' ')).not.toMatch(/-lock=false|force-unlock/)
  })

  test('R20 no exit code says whether anything changes', () => {
    expect(engineArgv.plan('tofu', '/p', 30)).toEqual([
      'tofu',
      'plan',
      '-json',
      '-input=false',
      '-lock=true',
      '-lock-timeout=30s',
      '-out=/p',
    ])
  })

  test('apply gets the saved plan and nothing that could change it', () => {
    expect(engineArgv.apply('/usr/bin/tofu', '/p/data.tfplan', 27)).toEqual([
      '/usr/bin/tofu',
      'apply',
      '-json',
      '-input=false',
      '-lock=true',
      '-lock-timeout=27s',
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
      GOMEMLIMIT: '512MiB',
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
      GOMEMLIMIT: '512MiB',
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
      id: 'vpc-1',
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
    const failure = engineFailure('plan of stack data', end(summary, 'why'), NOW)
    expect(failure).toBeInstanceOf(SluiceError)
    expect(failure.outcome).toBe(outcome)
    expect(failure.message).toContain(`the plan of stack data failed: ${summary}: why`)
  })

  test.each([
    'Error: No valid credential sources found',
    'google: could not find default credentials',
    'api error ExpiredToken: The provided token has expired',
  ])('who is not logged in is told to log in: %s', (tail) => {
    const failure = engineFailure(
      'initialisation of stack data',
      { code: 1, signal: null, diagnostics: [], tail },
      NOW,
    )
    expect([failure.outcome, failure.whose]).toEqual(['external', 'user'])
    expect(failure.remedy).toContain('log in')
  })

  test('R20 a crash is a failure whatever its code, with the last words', () => {
    const crash = engineFailure(
      'plan of stack data',
      {
        code: 2,
        signal: null,
        diagnostics: [],
        tail: 'panic: nil',
      },
      NOW,
    )
    expect(crash.message).toBe('the plan of stack data failed: it ended with code 2: panic: nil')
    const killed = engineFailure(
      'apply of stack data',
      {
        code: null,
        signal: 'SIGKILL',
        diagnostics: [],
        tail: '',
      },
      NOW,
    )
    expect(killed.message).toBe('the apply of stack data failed: it ended with signal SIGKILL')
  })
})

describe('a lock of somebody else', () => {
  const detail = `Error message: resource temporarily unavailable
Lock Info:
  ID:        2862bd1e-d339-4d89-c475-3a3e4a0b5cd6
  Path:      states/filmlens/production/data.tfstate
  Operation: OperationTypeApply
  Who:       runner@fv-az1
  Version:   1.12.6
  Created:   2026-11-21 17:58:29.39709364 +0000 UTC
  Info:      


OpenTofu acquires a state lock to protect the state from being written`
  const diagnostic = { summary: 'Error acquiring the state lock', detail }

  test('R18 is told with its holder, its age and its id, and is exit 4', () => {
    const end = {
      code: 1,
      signal: null,
      tail: '',
      diagnostics: [{ kind: 'diagnostic', severity: 'error', ...diagnostic }],
    } as const
    const failure = engineFailure('apply of stack data', end, NOW)
    expect(failure.code).toBe(4)
    expect(failure.message).toContain(
      'the apply of stack data waits for runner@fv-az1 for 12 minutes (apply): lock 2862bd1e-d339-4d89-c475-3a3e4a0b5cd6',
    )
  })

  test('R18 is read field by field, with the time as milliseconds', () => {
    expect(lockHolder([diagnostic])).toEqual({
      id: '2862bd1e-d339-4d89-c475-3a3e4a0b5cd6',
      who: 'runner@fv-az1',
      operation: 'OperationTypeApply',
      created: Date.parse('2026-11-21T17:58:29.397Z'),
      path: 'states/filmlens/production/data.tfstate',
    })
  })

  test.each(['', 'Lock Info:\n  Who: x', 'nothing of a lock'])('R18 %j names no holder', (text) => {
    expect(lockHolder([{ ...diagnostic, detail: text }])).toBeUndefined()
  })

  test('R18 an age is told in the unit that fits, and not where the engine said no time', () => {
    const holder = { id: 'x', who: 'me@here', operation: 'OperationTypePlan', path: '' }
    const after = (minutes: number): string => heldBy({ ...holder, created: NOW - minutes * 60_000 }, NOW)
    expect([0, 1, 90, 600, 5000].map(after)).toEqual([
      'me@here for less than a minute (plan)',
      'me@here for 1 minute (plan)',
      'me@here for 90 minutes (plan)',
      'me@here for 10 hours (plan)',
      'me@here for 3 days (plan)',
    ])
    expect(heldBy({ ...holder, created: Number.NaN }, NOW)).toBe('me@here (plan)')
  })
})

describe('saved plans', () => {
  test('R13 the key of plans is derived for what writes or reads one, and for nothing else', () => {
    const handled = Object.entries({
      version: engineArgv.version('tofu'),
      init: engineArgv.init('tofu'),
      plan: engineArgv.plan('tofu', 'a.tfplan', 1),
      show: engineArgv.show('tofu', 'a.tfplan'),
      apply: engineArgv.apply('tofu', 'a.tfplan', 1),
      output: engineArgv.output('tofu'),
      pull: engineArgv.pull('tofu'),
    }).flatMap(([name, argv]) => (handlesPlans(argv) ? [name] : []))
    expect(handled).toEqual(['plan', 'show', 'apply'])
  })

  test('R13 OpenTofu encrypts them and refuses plain ones, by a key that is no word', () => {
    const configuration = JSON.parse(planEncryption(new Secret('a'.repeat(32))).reveal())
    expect(configuration).toMatchObject({ plan: { method: 'method.aes_gcm.sluice', enforced: true } })
    expect(() => planEncryption(new Secret('short'))).toThrow('fewer than 16 characters')
    expect(String(planEncryption(new Secret('a'.repeat(32))))).not.toContain('aaaa')
  })

  test.each([
    ['plan { method = method.aes_gcm.x, enforced = true }', true],
    ['state { enforced = true }\nplan {\n  method = method.aes_gcm.x\n  enforced = true\n}', true],
    ['{"plan":{"method":"method.aes_gcm.x","enforced":true}}', true],
    ['plan { method = method.aes_gcm.x }', false],
    ['state { enforced = true }', false],
    ['plan { enforced = false }', false],
  ])("R13 a team's own %j refuses plain plans: %s", (text, enforces) => {
    expect(enforcesPlans(text)).toBe(enforces)
  })
})

describe('a state and where it lies', () => {
  test('R13 lineage and serial come from the top of the state, and there are none before the first apply', () => {
    expect(stateIdentity('{"version":4,"serial":7,"lineage":"l","outputs":{}}')).toEqual({
      lineage: 'l',
      serial: 7,
    })
    expect(stateIdentity('')).toEqual({ lineage: null, serial: null })
    expect(stateIdentity('{"version":4,"serial":0,"lineage":""}')).toEqual({ lineage: null, serial: null })
    for (const text of ['{"version":4', '{}', 'nonsense', '{"serial":1.5,"lineage":"l"}']) {
      expect(() => stateIdentity(text)).toThrow('printed no state')
    }
  })

  test('R13 the backend is what init has opened, without its keys', () => {
    const config = {
      bucket: 'states',
      key: 'a/b.tfstate',
      region: 'us-east-1',
      secret_key: 'canary',
      profile: null,
    }
    const identity = backendIdentity(JSON.stringify({ backend: { type: 's3', config } }), 'blue\n', {
      account: '222222222222',
      region: null,
    })
    expect(identity).toEqual({
      type: 's3',
      bucket: 'states',
      key: 'a/b.tfstate',
      workspace: 'blue',
      account: '222222222222',
      region: 'us-east-1',
    })
    expect(JSON.stringify(identity)).not.toContain('canary')
    expect(backendIdentity(undefined, undefined, { account: null, region: 'r' })).toMatchObject({
      type: 'local',
      workspace: 'default',
      region: 'r',
    })
    expect(() => backendIdentity('{', undefined, { account: null, region: null })).toThrow(
      'not what the engine leaves',
    )
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
