import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Order } from '../../../../src/providers/local/jobs/order.ts'
import { Keepers } from '../../../../src/providers/local/jobs/start-keeper.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-keepers-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Writes down when it began, which job it took, and that nobody gave it one. `ends`: the number of the one that dies at once. */
const keepers = (ends = 0): Keepers =>
  new Keepers([
    process.execPath,
    '-e',
    `const { appendFileSync: add, readFileSync: read } = require('node:fs')
     add('${folder}/began', 'x')
     if (read('${folder}/began', 'utf8').length === ${ends}) process.exit(1)
     let given = ''
     process.stdin.on('data', (piece) => { given += piece }).on('end', () => {
       add('${folder}/took', (given === '' ? 'nothing' : JSON.parse(given).folder.slice(-2)) + ' ' + process.pid + '\\n')
       if (given !== '') console.log('ready')
     })`,
  ])
const order = (name: string): Order => ({
  folder: join(folder, name),
  argv: ['true'],
  cwd: folder,
  env: {},
  secrets: [],
  timeout: 1,
  grace: 1,
})
const took = (): string[] =>
  existsSync(join(folder, 'took')) ? readFileSync(join(folder, 'took'), 'utf8').trim().split('\n') : []
const jobs = (): string[] => took().map((line) => line.split(' ')[0] ?? '')
const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await wait(10)
}

test('the keeper of the next job is there before its order, and every job has one of its own', async () => {
  const all = keepers()
  for (const name of ['j1', 'j2', 'j3']) mkdirSync(join(folder, name))
  await all.start(order('j1'))
  await until(() => readFileSync(join(folder, 'began'), 'utf8').length === 2)
  await all.start(order('j2'))
  await all.start(order('j3'))
  expect(jobs()).toEqual(['j1', 'j2', 'j3'])
  expect(new Set(took().map((line) => line.split(' ')[1])).size).toBe(3)
})

test('one that has died while it waited is replaced, and the job begins once', async () => {
  const all = keepers(2)
  for (const name of ['j1', 'j2']) mkdirSync(join(folder, name))
  await all.start(order('j1'))
  await until(() => readFileSync(join(folder, 'began'), 'utf8').length === 2)
  await wait(100)
  await all.start(order('j2'))
  expect(jobs()).toEqual(['j1', 'j2'])
})

test('a keeper that does not start is an error that says what it said', async () => {
  const broken = new Keepers([process.execPath, '-e', 'console.error("no such module"); process.exit(1)'])
  await expect(broken.start({ ...order('j1'), folder })).rejects.toThrow('no such module')
})
