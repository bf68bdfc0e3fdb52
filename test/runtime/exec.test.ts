import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeExec } from '../../src/runtime/node/exec.ts'

const HOSTILE = [
  '-chdir=/',
  '--config=x',
  '@file',
  'a b',
  '',
  '$(touch canary)',
  '`touch canary`',
  '; touch canary',
  '&& touch canary',
  '| touch canary',
  '> canary',
  'a\nb',
  `'"`,
  '%0A',
  '*',
  '~',
  '$HOME',
  '\\',
  '日本語',
]

let folder: string
let exec: ReturnType<typeof nodeExec>

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-exec-'))
  // A tool that writes down what it was given, each argument on its own.
  writeFileSync(
    join(folder, 'tofu'),
    `#!${process.execPath}\nrequire('node:fs').writeFileSync(process.env.ARGV_LOG, JSON.stringify(process.argv.slice(2)))\n`,
    { mode: 0o755 },
  )
  exec = nodeExec({ PATH: folder }, folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function argvThatArrives(args: readonly string[]): Promise<unknown> {
  const log = join(folder, 'argv.json')
  const { code, stderr } = await exec.run([join(folder, 'tofu'), ...args], { env: { ARGV_LOG: log } })
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return JSON.parse(readFileSync(log, 'utf8'))
}

test('R2 hostile values reach a tool byte for byte, and no shell reads them', async () => {
  expect(await argvThatArrives(HOSTILE)).toEqual(HOSTILE)
  expect(() => readFileSync(join(folder, 'canary'))).toThrow('ENOENT')
})

test('R2 any value reaches a tool byte for byte', async () => {
  const value = fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async (args) => {
      expect(await argvThatArrives(args)).toEqual(args)
    }),
    { numRuns: 25 },
  )
})

test('R2 NUL, which would end an argument early, is refused before anything starts', async () => {
  await expect(exec.run(['tofu', 'plan\0-destroy'])).rejects.toMatchObject({
    outcome: 'usage',
    message: 'an argument of tofu holds a NUL byte (arguments are text without NUL)',
  })
})

test('a missing command is an error that says what to install', async () => {
  await expect(exec.run(['sluice-no-such-tool'])).rejects.toMatchObject({
    message: 'sluice-no-such-tool was not found',
    remedy: 'install sluice-no-such-tool, or put its folder on PATH',
  })
})

test('a signal reaches the whole process group', async () => {
  const controller = new AbortController()
  const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    console.log(child.pid); setInterval(() => {}, 1000)`
  const child = await exec.start([process.execPath, '-e', script], { signal: controller.signal })
  const [line] = (await child.stdout.take(1).toArray()) as Buffer[]
  controller.abort()
  expect(await child.ended).toEqual({ code: null, signal: 'SIGTERM' })
  const grandchild = Number(String(line))
  await expect.poll(() => isAlive(grandchild)).toBe(false)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A zombie that init has not collected yet is dead, too.
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}
