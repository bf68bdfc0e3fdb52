import { expect, test } from 'vitest'
import type { Report, World } from '../../src/commands/command.ts'
import { perform } from '../../src/commands/perform.ts'
import { externalError, SluiceError } from '../../src/domain/error.ts'
import { EXIT_CODES, type Outcome } from '../../src/domain/outcome.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { Redactor } from '../../src/runtime/redact.ts'

function world(environment = 'local') {
  const runtime = fakeRuntime({ files: { '/project/sluice.yml': 'system: x' } })
  const request = { file: 'sluice.yml', environment, dryRun: false }
  const openProvider: World['openProvider'] = () => Promise.reject(new Error('no cloud here'))
  return { runtime, request, openProvider }
}

const report = (more: Partial<Report> = {}): Report => ({
  command: 'rollout',
  outcome: 'done',
  message: 'deployed',
  outputs: {},
  data: {},
  summary: '',
  ...more,
})

const RESULT = '/project/.sluice/local/result.json'

test.each(Object.entries(EXIT_CODES))('R48 outcome %s is code %i in result.json', async (outcome, code) => {
  const { runtime, ...rest } = world()
  const { result } = await perform({ runtime, ...rest }, new Redactor(), 'rollout', async () =>
    report({ outcome: outcome as Outcome }),
  )
  expect(result).toMatchObject({ outcome, code })
  expect(JSON.parse(runtime.files.texts()[RESULT] ?? '')).toEqual(result)
})

test('R48 result.json tells when and how long', async () => {
  const { runtime, ...rest } = world()
  const { result } = await perform({ runtime, ...rest }, new Redactor(), 'rollout', async () => {
    await runtime.clock.sleep(1500)
    return report({ remedy: 'none needed', outputs: { release: 'r1' } })
  })
  expect(result).toEqual({
    schema: 'sluice.result/v1',
    verb: 'rollout',
    environment: 'local',
    outcome: 'done',
    code: 0,
    message: 'deployed',
    remedy: 'none needed',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1500,
    outputs: { release: 'r1' },
  })
})

const thrown = async (error: unknown, cancel = false) => {
  const { runtime, ...rest } = world()
  const { result } = await perform({ runtime, ...rest }, new Redactor(), 'build', async () => {
    if (cancel) runtime.cancel()
    throw error
  })
  return result
}

test('R48 what is thrown becomes its outcome, and never escapes', async () => {
  expect(await thrown(new SluiceError('locked', 'user', { what: 'held by run 7' }))).toMatchObject({
    code: 4,
  })
  expect(await thrown(new TypeError('x is not a function'))).toMatchObject({ code: 1 })
  expect(await thrown('text')).toMatchObject({ code: 1 })
  expect(await thrown(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: '/w/x' }))).toMatchObject({
    code: 11,
    message: 'the disk is full: /w/x',
  })
  expect(await thrown(Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/w/x' }))).toMatchObject({
    code: 2,
  })
})

test('R48 after a cancel, the failures that it caused are the cancel; others stay what they are', async () => {
  expect(await thrown(externalError('user', { what: 'docker ended by SIGTERM' }), true)).toMatchObject({
    code: 10,
  })
  expect(await thrown(new Error('aborted'), true)).toMatchObject({ code: 10 })
  const failed = new SluiceError('rollback-failed', 'service', { what: 'api answers 500' })
  expect(await thrown(failed, true)).toMatchObject({ code: 7 })
})

test('R5 no secret is in the report, in result.json or in the message of an exception', async () => {
  const { runtime, ...rest } = world()
  const redactor = new Redactor()
  redactor.register('hunter22')
  const performed = await perform({ runtime, ...rest }, redactor, 'rollout', async () =>
    report({
      message: 'hunter22',
      outputs: { url: 'http://x:hunter22@y' },
      data: { a: ['hunter22'] },
      summary: 'hunter22',
    }),
  )
  const failed = await perform({ runtime, ...rest }, redactor, 'rollout', async () => {
    throw new Error('login with hunter22 failed')
  })
  expect(
    JSON.stringify([performed.report, performed.result, failed.report, runtime.files.texts()]),
  ).not.toContain('hunter22')
})

test('a command without an environment, or beside a folder that is not there, leaves no file', async () => {
  const { runtime, ...rest } = world('')
  await perform({ runtime, ...rest }, new Redactor(), 'validate', async () => report())
  expect(Object.keys(runtime.files.texts())).toEqual(['/project/sluice.yml'])
})

test('a result.json that cannot be written is a warning; the outcome stands', async () => {
  const { runtime, ...rest } = world()
  runtime.files.write = () => Promise.reject(new Error('disk full'))
  const { result } = await perform({ runtime, ...rest }, new Redactor(), 'rollout', async () => report())
  expect(result.code).toBe(0)
  expect(runtime.events).toEqual([
    { kind: 'message', level: 'warning', text: 'result.json could not be written: disk full' },
  ])
})
