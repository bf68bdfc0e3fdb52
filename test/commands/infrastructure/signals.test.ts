import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { beginJournal, readJournal } from '../../../src/commands/infrastructure/journal.ts'
import { interrupted } from '../../../src/plan/journal.ts'
import { nodeFiles } from '../../../src/runtime/node/files.ts'
import { isRunning } from '../../../src/runtime/process-identity.ts'
import { fakeEngine } from './fake-engine.ts'

const ADDRESSES = Array.from({ length: 60 }, (_, index) => `terraform_data.a${index}`)

/**
 * An engine that makes one thing after the other and writes what it has made into `made`, one line each; like the real one
 * it starts a provider in its group and waits for it, ends what it has begun when it is asked to, and writes its state then: `state`.
 * It never ends by itself, so that it is struck on a busy machine too.
 */
const WORKING = `
const { spawn } = require('node:child_process')
const { appendFileSync, existsSync, writeFileSync, writeSync } = require('node:fs')
const { join } = require('node:path')
const folder = process.cwd()
const provider = spawn(process.execPath, ['-e', \`
  require('node:fs').writeFileSync(\${JSON.stringify(join(folder, 'provider'))}, String(process.pid))
  process.on('SIGTERM', () => { require('node:fs').appendFileSync(\${JSON.stringify(join(folder, 'heard'))}, 'provider '); process.exit() })
  setInterval(() => {}, 1000)
\`], { stdio: 'ignore' })
const say = (type, addr) => writeSync(1, JSON.stringify({ type, hook: { resource: { addr }, action: 'create' } }) + '\\n')
const made = []
let asked = false
process.on('SIGTERM', () => { appendFileSync(join(folder, 'heard'), 'engine '); asked = true })
const next = (index) => {
  if (asked) {
    writeFileSync(join(folder, 'state'), made.join('\\n'))
    provider.kill('SIGKILL')
    process.exitCode = 1
    return
  }
  if (index === 60) return void setTimeout(next, 3, index)
  const addr = 'terraform_data.a' + index
  say('apply_start', addr)
  setTimeout(() => {
    appendFileSync(join(folder, 'made'), addr + '\\n')
    made.push(addr)
    say('apply_complete', addr)
    setImmediate(next, index + 1)
  }, 3)
}
const begin = () => (existsSync(join(folder, 'provider')) ? next(0) : setTimeout(begin, 3))
begin()
`

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await wait(2)
}

/** Points at which the engine is struck: after that many things were made. Not random, so that a failure comes again. */
const POINTS = Array.from({ length: 15 }, (_, index) => (index * 23) % 41)

async function working() {
  const fake = await fakeEngine({ apply: { script: './working.cjs' } })
  await writeFile(join(fake.folder, 'bin/working.cjs'), WORKING)
  const made = async () =>
    (await textOf(join(fake.stack.folder, 'made'))).split('\n').filter((one) => one !== '')
  const journal = await beginJournal(nodeFiles, fake.folder, {
    kind: 'begin',
    stack: 'data',
    plan: 'abcdef012345',
    at: '2026-11-21T18:00:00.000Z',
    by: 'somebody',
    run: null,
    process: { host: 'here', pid: 1, born: '2' },
    changes: ADDRESSES.map((address) => ({ address, action: 'create' })),
  })
  return { fake, made, journal }
}

test('R19 on a cancel at any point the engine and what it started hear of it, and the state holds all that was made', async () => {
  for (const point of POINTS) {
    const { fake, made, journal } = await working()
    await using _ = fake
    const cancel = new AbortController()
    const engine = await fake.open(cancel.signal)
    const applying = engine.apply(fake.stack, fake.file, journal).catch((error: unknown) => error)
    await until(
      async () =>
        (await textOf(join(fake.stack.folder, 'provider'))) !== '' && (await made()).length >= point,
    )
    cancel.abort(new Error('cancelled'))
    expect(await applying).toMatchObject({ outcome: 'external' })
    await journal.end('failed')
    expect(await textOf(join(fake.stack.folder, 'heard'))).toContain('engine')
    expect((await textOf(join(fake.stack.folder, 'state'))).split('\n').filter((one) => one !== '')).toEqual(
      await made(),
    )
  }
}, 240_000)

test('R19 after SIGKILL at any point everything that was made is among the orphans', async () => {
  for (const point of POINTS) {
    const { fake, made, journal } = await working()
    await using _ = fake
    const engine = await fake.open()
    const applying = engine.apply(fake.stack, fake.file, journal).catch((error: unknown) => error)
    await until(
      async () =>
        (await textOf(join(fake.stack.folder, 'provider'))) !== '' && (await made()).length >= point,
    )
    const started = async () =>
      (await readJournal(nodeFiles, fake.folder, 'data')).find((one) => one.kind === 'engine')
    await until(async () => (await started()) !== undefined)
    const leader = await started()
    if (leader === undefined) throw new Error('the journal names no engine')
    process.kill(-leader.pid, 'SIGKILL')
    expect(await applying).toMatchObject({ message: expect.stringContaining('SIGKILL') })
    expect(await isRunning(leader)).toBe(false)
    await journal.end('failed')
    // As the next run sees it whose journal has no end: Sluice was killed as well.
    const lines = (await readJournal(nodeFiles, fake.folder, 'data')).filter(({ kind }) => kind !== 'end')
    const left = interrupted(lines, [])
    const orphans = new Set(left?.orphans.map(({ address }) => address))
    const missed = (await made()).filter((address) => !orphans.has(address))
    expect(missed).toEqual([])
    expect(left?.orphans).toHaveLength(ADDRESSES.length)
  }
}, 240_000)
