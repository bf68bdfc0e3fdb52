import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openJobs } from '../../../../src/providers/local/jobs/index.ts'
import { identify } from '../../../../src/runtime/process-identity.ts'
import { secretForms } from '../../../../src/runtime/redact.ts'
import { type LocalJobWorld, localJobs, localSpec } from './world.ts'

let world: LocalJobWorld
beforeAll(async () => {
  world = await localJobs()
})
afterAll(() => world.close())

async function textOf(engine: ReturnType<typeof openJobs>, id: string): Promise<string[]> {
  const lines: string[] = []
  for await (const line of engine.logs(id)) lines.push(line.text)
  return lines
}

/** Where nobody collects an orphan's remains, a zombie stays: it counts as ended. */
const alive = async (pid: number): Promise<boolean> =>
  (await identify(pid, world.open().runtime.exec)) !== undefined

test('a job whose client was killed goes on, and is found again and followed to its result', async () => {
  const module = new URL('./killed-client.ts', import.meta.url).pathname
  const client = spawn(process.execPath, [module, world.folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(client.stdout, 'data')
  client.kill('SIGKILL')
  await once(client, 'exit')
  const { engine } = world.open()
  expect((await engine.status('orphan'))?.state).toBe('running')
  expect(await engine.wait('orphan')).toMatchObject({ state: 'failed', exitCode: 7 })
  expect(await textOf(engine, 'orphan')).toEqual(['begun', 'finished'])
})

test('a job whose keeper was killed is ended and says so, and never runs without a time-out', async () => {
  const { engine } = world.open()
  await engine.start(localSpec('lost', `console.log(process.pid); setInterval(() => {}, 1000)`))
  let pid = 0
  for await (const line of engine.logs('lost')) {
    pid = Number(line.text)
    break
  }
  const keeper = JSON.parse(await readFile(join(world.folder, 'jobs/lost/keeper.json'), 'utf8'))
  process.kill(keeper.pid, 'SIGKILL')
  expect(await engine.wait('lost')).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('kept it ended'),
  })
  await expect.poll(() => alive(pid)).toBe(false)
})

test('whoever reads the log of a running job may stop reading at once; the job goes on', async () => {
  const cancel = new AbortController()
  const { engine } = world.open(undefined, cancel.signal)
  await engine.start(localSpec('watched', `console.log('begun'); setInterval(() => {}, 1000)`))
  const reading = (async () => {
    for await (const { text } of engine.logs('watched'))
      if (text === 'begun') cancel.abort(new Error('enough'))
  })()
  await expect(reading).rejects.toThrow('enough')
  const later = world.open().engine
  expect((await later.status('watched'))?.state).toBe('running')
  await later.stop('watched')
})

test('R32 a job that may take 28 days, longer than a timer of Node, is not ended at once', async () => {
  const { engine } = world.open()
  const spec = localSpec('patient', `setTimeout(() => console.log('finished'), 500)`)
  await engine.start({ ...spec, step: { ...spec.step, timeout: 28 * 86_400_000 } })
  expect(await engine.wait('patient')).toMatchObject({ state: 'succeeded' })
})

test('nothing that a job started outlives it', async () => {
  const { engine } = world.open()
  const child = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])`
  await engine.start(
    localSpec('parent', `const c = ${child}; console.log(c.pid); setTimeout(() => process.exit(0), 50)`),
  )
  expect((await engine.wait('parent')).state).toBe('succeeded')
  const [pid] = await textOf(engine, 'parent')
  await expect.poll(() => alive(Number(pid))).toBe(false)
})

test('a claim whose process died before any keeper took the job does not block it', async () => {
  const { engine, runtime } = world.open()
  const claim = { id: 'abandoned', step: 'train', by: { pid: 2 ** 22 - 1, started: '1' } }
  await runtime.files.write(join(world.folder, 'jobs/abandoned/claim.json'), JSON.stringify(claim))
  expect(await engine.status('abandoned')).toBeUndefined()
  await engine.start(localSpec('abandoned', `console.log('ran')`))
  expect((await engine.wait('abandoned')).state).toBe('succeeded')
})

test('a command that is not there is the reason of the failure', async () => {
  const { runtime } = world.open()
  const containers = {
    prepare: async () => ({ argv: ['no-such-command'] as const, cwd: world.folder, env: {} }),
  }
  const engine = openJobs({
    runtime,
    folder: world.folder,
    containers,
    variables: async () => ({ shared: {}, connections: {} }),
  })
  await engine.start(localSpec('missing', ''))
  expect(await engine.wait('missing')).toMatchObject({
    state: 'failed',
    reason: 'no-such-command was not found',
  })
})

test('a job sees what it connects to and what every job sees, and nothing of the caller', async () => {
  const { engine } = world.open({ PATH: '/usr/bin', HOME: '/root', AWS_PROFILE: 'mine', GITHUB_TOKEN: 'x' })
  const print = 'console.log(JSON.stringify(process.env))'
  await engine.start(localSpec('env', print, { connects: ['db'] }))
  await engine.wait('env')
  const [line = ''] = await textOf(engine, 'env')
  expect(JSON.parse(line)).toEqual({
    PATH: '/usr/bin',
    HOME: '/root',
    FROM_IMAGE: 'image',
    WHO: 'image',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    DB_HOST: '127.0.0.1',
  })
})

test('R5 a secret reaches the job, is masked first, and is written nowhere', async () => {
  const { engine, events } = world.open({ TOKEN: 'canary-7391' })
  await engine.start(
    localSpec('secret', `console.log(process.env.TOKEN.length)`, { secrets: { TOKEN: 'app/token' } }),
  )
  await engine.wait('secret')
  expect(await textOf(engine, 'secret')).toEqual(['11'])
  expect(events[0]).toEqual({ kind: 'mask', value: 'canary-7391' })
  const folder = join(world.folder, 'jobs/secret')
  const files = await readdir(folder)
  expect(files.length).toBeGreaterThan(2)
  for (const file of files) expect(await readFile(join(folder, file), 'utf8')).not.toContain('canary-7391')
})

test('secrets.json comes before the environment; a missing secret names both ways and starts nothing', async () => {
  const { engine, runtime } = world.open({ TOKEN: 'from the environment' })
  const file = join(world.folder, 'secrets.json')
  await runtime.files.write(file, JSON.stringify({ 'app/token': 'from the file' }))
  const step = { secrets: { TOKEN: 'app/token' } }
  await engine.start(localSpec('stored', `console.log([...process.env.TOKEN].join('_'))`, step))
  await engine.wait('stored')
  expect(await textOf(engine, 'stored')).toEqual(['f_r_o_m_ _t_h_e_ _f_i_l_e'])

  const without = engine.start(localSpec('without', '', { secrets: { KEY: 'app/key' } }))
  await expect(without).rejects.toMatchObject({
    message: 'secret app/key (KEY) has no value',
    outcome: 'usage',
    remedy: `write { "app/key": "..." } into ${file} (mode 0600), or set the environment variable KEY`,
  })
  expect(await engine.status('without')).toBeUndefined()
})

test('R2 a job id that leaves the folder is refused', async () => {
  const { engine } = world.open()
  await expect(engine.start(localSpec('../../etc', ''))).rejects.toThrow('is no job id')
})

test('R5 no form of what a job was given as a secret reaches its log, however it is written', async () => {
  const folder = world.folder
  const { runtime, events } = world.open({ PATH: process.env['PATH'] ?? '', API_KEY: 'canary/key "one"' })
  const containers = {
    prepare: async (_: unknown, command: readonly string[] = []) => ({
      argv: [process.execPath, ...command] as const,
      cwd: folder,
      env: {},
    }),
  }
  const around = {
    shared: { AWS_SECRET_ACCESS_KEY: 'canary-of-s3', MLFLOW_TRACKING_TOKEN: 'canary-of-mlflow' },
    connections: { db: { DB_HOST: '127.0.0.1', DB_PASSWORD: 'canary-of-db' } },
  }
  const engine = openJobs({ runtime, folder, containers, variables: async () => around })
  const script = `
    const all = JSON.stringify(process.env)
    console.log(all)
    console.error(Buffer.from(all).toString('base64'), encodeURIComponent(process.env.API_KEY))
    for (const part of process.env.DB_PASSWORD) process.stdout.write(part)
    console.log('\\nend')`
  await engine.start(localSpec('talker', script, { connects: ['db'], secrets: { API_KEY: 'key' } }))
  expect((await engine.wait('talker')).state).toBe('succeeded')
  const log = await readFile(join(folder, 'jobs/talker/log'), 'utf8')
  for (const value of ['canary/key "one"', 'canary-of-s3', 'canary-of-mlflow', 'canary-of-db']) {
    for (const form of secretForms(value)) expect(log).not.toContain(form)
    expect(events).toContainEqual({ kind: 'mask', value })
  }
  expect(log).toContain('DB_HOST')
  expect(await textOf(engine, 'talker')).toEqual(expect.arrayContaining(['[redacted]', 'end']))
  expect((await stat(join(folder, 'jobs/talker/log'))).mode & 0o077).toBe(0)
})
