import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Named } from '../../../../src/domain/named.ts'
import type { Func } from '../../../../src/domain/system/system.ts'
import type { EngineEndpoint } from '../../../../src/providers/local/engine.ts'
import { readLog } from '../../../../src/providers/local/services/log-file.ts'
import { describeReal } from '../../../real.ts'
import { func, open, runtime, write } from './world.ts'

let root = ''
let engine: ReturnType<typeof open>['engine'] | undefined
let client: LambdaClient | undefined

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'functions-'))
})
afterEach(async () => {
  client?.destroy()
  await engine?.stop()
  await rm(root, { recursive: true, force: true })
})

async function start(functions: Named<Func>): Promise<EngineEndpoint> {
  const opened = open(root, functions)
  engine = opened.engine
  const endpoint = await engine.start()
  client?.destroy()
  client = new LambdaClient({
    endpoint: endpoint.shared['AWS_ENDPOINT_URL_LAMBDA'] ?? '',
    region: endpoint.shared['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: endpoint.shared['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: endpoint.shared['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    maxAttempts: 1,
  })
  return endpoint
}

async function invoke(
  name: string,
  event: unknown = {},
): Promise<{ error: string | undefined; value: unknown }> {
  const payload = Buffer.from(JSON.stringify(event))
  const answer = await client?.send(new InvokeCommand({ FunctionName: name, Payload: payload }))
  const value: unknown = JSON.parse(Buffer.from(answer?.Payload ?? []).toString('utf8'))
  return { error: answer?.FunctionError, value }
}

describe('a handler in Node', () => {
  test('gets the event, its context and the variables of what it connects, and nothing else of this machine', async () => {
    await write(
      root,
      'hello/index.mjs',
      `export const handler = async (event, context) => ({
        event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0, env: process.env,
      })`,
    )
    process.env['SLUICE_CANARY'] = 'must not be seen'
    try {
      const connects = ['raw', 'web']
      const endpoint = await start({ hello: func('hello', { connects, env: { PREFIX: 'videos/' } }) })
      expect(endpoint.connections).toEqual({ hello: { HELLO_NAME: 'hello' } })
      const { value, error } = await invoke('hello', { a: 1 })
      expect(error).toBeUndefined()
      expect(value).toMatchObject({ event: { a: 1 }, name: 'hello', left: true })
      const { env } = value as { env: Record<string, string> }
      expect(env).toMatchObject({
        PREFIX: 'videos/',
        RAW_BUCKET: 'raw',
        WEB_URL: 'http://127.0.0.1:4711',
        AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      })
      expect(env).not.toHaveProperty('SLUICE_CANARY')
    } finally {
      delete process.env['SLUICE_CANARY']
    }
  })

  test('stays warm between invocations, and is loaded anew once its file has changed', async () => {
    await write(root, 'count/index.mjs', 'let n = 0; export const handler = async () => ++n')
    await start({ count: func('count') })
    expect([(await invoke('count')).value, (await invoke('count')).value]).toEqual([1, 2])
    await write(root, 'count/index.mjs', 'export const handler = async () => "new"')
    expect((await invoke('count')).value).toBe('new')
  })

  test('works on several invocations at once, each in a process of its own', async () => {
    await write(
      root,
      'slow/index.mjs',
      `import { setTimeout as wait } from 'node:timers/promises'
       export const handler = async () => { await wait(150); return process.pid }`,
    )
    await start({ slow: func('slow') })
    const pids = await Promise.all([1, 2, 3].map(async () => (await invoke('slow')).value))
    expect(new Set(pids).size).toBe(3)
  })

  test('may be CommonJS with a callback', async () => {
    await write(root, 'old/index.js', 'exports.handler = (event, context, done) => done(null, event.x * 2)')
    await start({ old: func('old') })
    expect((await invoke('old', { x: 21 })).value).toBe(42)
  })
})

describe('what goes wrong is said in the words of Lambda', () => {
  test('an exception of the handler, and the next invocation works', async () => {
    await write(
      root,
      'bad/index.mjs',
      `export const handler = async (event) => { if (event.fail) throw new TypeError('no such film'); return 'fine' }`,
    )
    await start({ bad: func('bad') })
    expect(await invoke('bad', { fail: true })).toMatchObject({
      error: 'Unhandled',
      value: { errorType: 'TypeError', errorMessage: 'no such film' },
    })
    expect((await invoke('bad')).value).toBe('fine')
  })

  test('R36 a handler that does not end is ended at its time-out, and the next invocation works', async () => {
    await write(
      root,
      'endless/index.mjs',
      `export const handler = async (event) => { while (event.loop) {} return 'fine' }`,
    )
    await start({ endless: func('endless', { timeout: 300 }) })
    const { error, value } = await invoke('endless', { loop: true })
    expect([error, (value as { errorMessage: string }).errorMessage]).toEqual([
      'Unhandled',
      expect.stringContaining('Task timed out after 0.30 seconds'),
    ])
    expect((await invoke('endless')).value).toBe('fine')
  })

  test('a process that ends, a handler that is not there, and one that takes all the memory', async () => {
    await write(root, 'exits/index.mjs', 'export const handler = async () => process.exit(3)')
    await write(
      root,
      'fat/index.mjs',
      'export const handler = async () => { const a = []; for (;;) a.push(new Array(1e5).fill(0)) }',
    )
    const missing = func('missing', { source: 'exits', handler: 'other.handler' })
    await start({ exits: func('exits'), missing, fat: func('fat', { timeout: 20_000 }) })
    expect((await invoke('exits')).value).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 3'),
    })
    expect((await invoke('missing')).value).toMatchObject({ errorType: 'Runtime.ImportModuleError' })
    expect((await invoke('fat')).value).toMatchObject({ errorType: 'Runtime.ExitError' })
  })

  test('an unknown name, and a payload that is no JSON', async () => {
    await write(root, 'f/index.mjs', 'export const handler = async () => 1')
    await start({ f: func('f') })
    await expect(invoke('g')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    const broken = new InvokeCommand({ FunctionName: 'f', Payload: Buffer.from('{') })
    await expect(client?.send(broken)).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
  })

  test('an answer of more than 6 MB is refused, not cut', async () => {
    await write(root, 'big/index.mjs', 'export const handler = async () => "x".repeat(7 * 1024 * 1024)')
    await start({ big: func('big') })
    expect((await invoke('big')).value).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' })
  })
})

describeReal('a handler in Python', ['python3'], () => {
  test('gets the same, and fails in the same words', async () => {
    await write(
      root,
      'py/app.py',
      'import os\ndef main(event, context):\n    if event.get("fail"): raise ValueError("no")\n    return {"x": event["x"] + 1, "name": context.function_name, "bucket": os.environ["RAW_BUCKET"]}\n',
    )
    await start({ py: func('py', { runtime: 'python3.12', handler: 'app.main', connects: ['raw'] }) })
    expect((await invoke('py', { x: 1 })).value).toEqual({ x: 2, name: 'py', bucket: 'raw' })
    expect((await invoke('py', { fail: true })).value).toMatchObject({
      errorType: 'ValueError',
      errorMessage: 'no',
    })
  })
})

test('R5 what a handler writes stands in its log, without the secrets that it was given', async () => {
  await write(
    root,
    'loud/index.mjs',
    'export const handler = async () => { console.log("key", process.env.AWS_SECRET_ACCESS_KEY, "end") }',
  )
  await start({ loud: func('loud') })
  await invoke('loud')
  await engine?.stop()
  const lines: string[] = []
  const folder = join(root, '.sluice/local/cloud/logs/loud')
  for await (const line of readLog(folder, { follow: false, tail: 10 }, runtime.clock)) lines.push(line.text)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^key .*redacted.* end$/)
})

test('an event that nobody waits for is delivered again after a failure', async () => {
  await write(
    root,
    'flaky/index.mjs',
    `import { existsSync, writeFileSync } from 'node:fs'
     const [first, second] = ['first', 'second'].map((name) => new URL(name, import.meta.url))
     export const handler = async () => {
       if (existsSync(first)) return writeFileSync(second, '')
       writeFileSync(first, '')
       throw new Error('not yet')
     }`,
  )
  await start({ flaky: func('flaky') })
  const answer = await client?.send(new InvokeCommand({ FunctionName: 'flaky', InvocationType: 'Event' }))
  expect(answer?.StatusCode).toBe(202)
  const delivered = async (): Promise<boolean> =>
    (await runtime.files.stat(join(root, 'flaky/second'))) !== undefined
  while (!(await delivered())) await runtime.clock.sleep(50)
})

test('no process is left once the engine has stopped', async () => {
  await write(root, 'pid/index.mjs', 'export const handler = async () => process.pid')
  await start({ pid: func('pid') })
  const pid = Number((await invoke('pid')).value)
  await engine?.stop()
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})
