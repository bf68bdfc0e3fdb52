import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf, hexOf, imageReference } from '../../../src/domain/digest.ts'
import { openUpkeep } from '../../../src/providers/local/upkeep/index.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { identify } from '../../../src/runtime/process-identity.ts'

const DAY = 86_400_000
const NOW = Date.now()
const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
let state: string
let shared: string
const stopped: string[] = []
beforeEach(async () => {
  state = join(await mkdtemp(join(tmpdir(), 'sluice-upkeep-')), 'test')
  shared = await mkdtemp(join(tmpdir(), 'sluice-shared-'))
  stopped.length = 0
})
afterEach(async () => {
  for (const folder of [dirname(state), shared]) await rm(folder, { recursive: true, force: true })
})

const upkeep = () =>
  openUpkeep({
    runtime,
    state,
    shared,
    jobs: {
      start: async () => {},
      wait: async () => ({ state: 'succeeded', exitCode: 0, reason: null, startedAt: 0, endedAt: 0 }),
      status: async () => undefined,
      stop: async (id) => void stopped.push(id),
      logs: async function* () {},
    },
    stopCloud: async () => void stopped.push('the cloud'),
  })

async function put(path: string, text: string, age: number): Promise<void> {
  const file = join(state, 'cloud', path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  const time = new Date(NOW - age)
  await utimes(file, time, time)
  await utimes(dirname(file), time, time)
}

test('what is old and in no release goes; what is young, running or released stays', async () => {
  const [old, kept, young] = ['old', 'kept', 'young'].map((name) => digestOf(name))
  if (!old || !kept || !young) throw new Error('three')
  await put(`rootfs/${hexOf(old)}/app.js`, '12345', 30 * DAY)
  await put(`rootfs/${hexOf(kept)}/app.js`, '1', 30 * DAY)
  await put(`rootfs/${hexOf(young)}/app.js`, '1', DAY)
  const ending = (endedAt: number) =>
    JSON.stringify({ state: 'succeeded', exitCode: 0, reason: null, startedAt: 0, endedAt })
  await put('jobs/done/ending.json', ending(NOW - 30 * DAY), 0)
  await put('jobs/new/ending.json', ending(NOW - DAY), 0)
  await put('jobs/running/claim.json', '{}', 30 * DAY)
  await put('logs/api/00000001.log', 'x', 30 * DAY)
  await put('logs/api/00000002.log', 'x', 30 * DAY)
  const found = await upkeep().leftovers([imageReference('local/shop/api', kept)], NOW - 7 * DAY)
  expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    `image ${hexOf(old)}`,
    'job done',
    'log api/00000001.log',
  ])
  expect(found[0]?.size).toBe(5)
  for (const one of found) await upkeep().remove(one)
  expect(await upkeep().leftovers([imageReference('local/shop/api', kept)], NOW - 7 * DAY)).toEqual([])
  expect(await readdir(join(state, 'cloud/jobs'))).toEqual(['new', 'running'])
})

test('nothing outside of its place is ever removed', async () => {
  const wrong = { kind: 'job' as const, name: '../ledger', size: 0, since: 0 }
  await expect(upkeep().remove(wrong)).rejects.toMatchObject({ outcome: 'bug' })
  await expect(upkeep().remove({ ...wrong, name: '' })).rejects.toMatchObject({ outcome: 'bug' })
})

test('a job that lost its keeper and still runs is overdue', async () => {
  const child: ChildProcess = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], {
    stdio: 'ignore',
  })
  try {
    const alive = await identify(child.pid ?? 0, runtime.exec)
    const dead = { pid: 2 ** 22 - 1, started: '1' }
    await put('jobs/lost/keeper.json', JSON.stringify(dead), 0)
    await put('jobs/lost/job.json', JSON.stringify(alive), 0)
    await put('jobs/kept/keeper.json', JSON.stringify(alive), 0)
    await put('jobs/kept/job.json', JSON.stringify(alive), 0)
    await put('jobs/gone/keeper.json', JSON.stringify(dead), 0)
    await put('jobs/gone/job.json', JSON.stringify(dead), 0)
    expect(await upkeep().overdue(NOW)).toEqual(['lost'])
  } finally {
    child.kill('SIGKILL')
  }
})

test('destroy ends jobs and the cloud before it removes everything', async () => {
  await put('jobs/one/claim.json', '{}', 0)
  await put('ledger/live.json', '{}', 0)
  // As root below a closed folder, PostgreSQL keeps its data elsewhere, behind a link.
  const folder = join(state, 'cloud/postgres/db')
  const away = join(shared, 'postgres', hexOf(digestOf(folder)).slice(0, 16), 'data')
  await mkdir(away, { recursive: true })
  await mkdir(folder, { recursive: true })
  await symlink(away, join(folder, 'data'))
  const foreign = join(state, 'cloud/postgres/other')
  await mkdir(foreign)
  await symlink(join(shared, 'engines'), join(foreign, 'data'))
  await mkdir(join(shared, 'engines'))
  await upkeep().destroy()
  expect(await readdir(join(shared, 'postgres'))).toEqual([])
  expect(await readdir(shared)).toEqual(['engines', 'postgres'])
  expect(stopped).toEqual(['one', 'the cloud'])
  expect(await readdir(dirname(state))).toEqual([])
})
