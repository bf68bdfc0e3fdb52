import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectFailure, type Moody, moody } from './moody.ts'

/** What goes wrong with the processes of a service, as a user of the command line meets it. */
let sluice: Moody
let pidOfCloud: () => number

beforeAll(async () => {
  sluice = await moody()
  const record = join(sluice.folder, '.sluice/local/cloud/daemon.json')
  pidOfCloud = () => (JSON.parse(readFileSync(record, 'utf8')) as { pid: number }).pid
})
afterAll(() => sluice.close())

test('R48 a service whose port is taken names the port and who has it; once it is free the release goes on', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  sluice.configure(['stop-timeout: 1s', `stop-timeout: 1s, local: { port: ${port} }`])
  const taken = await sluice.run('release')
  await new Promise((resolve) => other.close(resolve))
  const why = new RegExp(`port ${port} of service web is taken by process ${process.pid}`)
  expectFailure(taken, 'usage', why, /end that process, or set another services\.web\.local\.port/)
  const { code, stderr } = await sluice.run('release')
  expect(code, stderr).toBe(0)
  expect(await sluice.served()).toBe('one')
  // Another port is another supervisor: it brings the service back before the next test asks for it.
  sluice.configure()
  await expect.poll(() => sluice.served(), { timeout: 30_000 }).toBe('one')
})

test('R29 a process that exits at once shows its last words, and the release before goes on serving', async () => {
  await sluice.build('exits')
  const ended = await sluice.run('rollout')
  expectFailure(
    ended,
    'rolled-back',
    /exited with code 3 .*last output: no such table: films; the release before serves again, verified/,
    /sluice operate logs/,
  )
  expect(sluice.resultFile()).toMatchObject({
    outcome: 'rolled-back',
    code: 6,
    message: ended.json['message'],
  })
  expect(await sluice.served()).toBe('one')
})

test('R29 a health check that never answers ends at start-timeout with that reason', async () => {
  sluice.configure(['start-timeout: 20s', 'start-timeout: 4s'])
  await sluice.build('silent')
  const why = /web did not become healthy within 4s: .*GET \/health has not answered yet/
  expectFailure(await sluice.run('rollout'), 'rolled-back', why, /sluice operate logs/)
  sluice.configure()
  expect(await sluice.served()).toBe('one')
})

test('R48 a process that ignores SIGTERM is replaced after its stop-timeout, and none is left', async () => {
  await sluice.build('stubborn')
  expect((await sluice.run('rollout')).code).toBe(0)
  await sluice.build('two')
  const { code, stderr } = await sluice.run('rollout')
  expect(code, stderr).toBe(0)
  expect(await sluice.served()).toBe('two')
  const { json } = await sluice.run('operate', 'status')
  expect(json['services']).toMatchObject([{ state: 'running', revisions: [{ weight: 100, running: 1 }] }])
})

test('R28 a cloud that was killed comes back with what was live, and "no change" is said once it serves', async () => {
  process.kill(pidOfCloud(), 'SIGKILL')
  const { code, json, stderr } = await sluice.run('rollout')
  expect(code, stderr).toBe(0)
  const address = String((json['outputs'] as Record<string, string>)['url'])
  expect(await (await fetch(address)).text()).toBe('two')
})
