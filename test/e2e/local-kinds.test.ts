import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandLine, commandLine, type Ended } from './sluice.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A system of functions alone: an API, a topic and a table, as `sluice up` runs them on one machine. */
let sluice: CommandLine
let catalog: string

beforeAll(async () => {
  sluice = await commandLine(join(ROOT, 'test/e2e/fixtures/kinds'))
  // Lambda brings the SDK along; here it is the project's.
  await symlink(join(ROOT, 'node_modules'), join(sluice.folder, 'node_modules'))
  catalog = addressOf(await sluice.run('up', '--export'))
}, 120_000)
afterAll(() => sluice.close(), 60_000)

function addressOf({ code, stdout, stderr, json }: Ended): string {
  expect(code, stderr).toBe(0)
  const lines = (json['lines'] as string[] | undefined) ?? stdout.split('\n')
  return lines.find((line) => line.startsWith('CATALOG_URL='))?.slice('CATALOG_URL='.length) ?? ''
}

async function films(kind: string, count: number): Promise<unknown> {
  for (;;) {
    const answer = await fetch(`${catalog}/films/${kind}`)
    const found = (await answer.json()) as unknown[]
    if (answer.ok && found.length >= count) return found
    await wait(50)
  }
}

const add = async (id: string, minutes: number): Promise<number> =>
  (await fetch(`${catalog}/films`, { method: 'POST', body: JSON.stringify({ id, minutes }) })).status

test('a film goes in by the API, over the topic to a function, into the table, and is found by its index', async () => {
  expect(await add('m1', 90)).toBe(202)
  expect(await add('m2', 12)).toBe(202)
  expect(await films('feature', 1)).toEqual(['m1'])
  expect(await films('short', 1)).toEqual(['m2'])
}, 60_000)

test('R28 after a kill of the supervisor everything comes back at the same address, with what it held', async () => {
  const record = join(sluice.folder, '.sluice/local/cloud/daemon.json')
  const { pid } = JSON.parse(await readFile(record, 'utf8')) as { pid: number }
  process.kill(pid, 'SIGKILL')
  expect(addressOf(await sluice.run('up', '--export'))).toBe(catalog)
  expect(await films('feature', 1)).toEqual(['m1'])
  expect(await add('m3', 100)).toBe(202)
  expect(await films('feature', 2)).toEqual(['m1', 'm3'])
}, 120_000)

test('what a function wrote is read like the log of a service', async () => {
  const { code, stderr, json } = await sluice.run('operate', 'logs', '--service', 'add')
  expect([code, json['lines'] ?? json['message']], stderr).toEqual([0, expect.anything()])
})
