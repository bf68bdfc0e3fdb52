import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Report } from '../../../src/commands/command.ts'
import { nodeExec } from '../../../src/runtime/node/exec.ts'
import { identify } from '../../../src/runtime/process-identity.ts'

/** Each step writes what it read and a word of its own; the second one takes a moment. */
const PROGRAM = `
const { readFileSync, writeFileSync, mkdirSync } = require('node:fs')
const { dirname } = require('node:path')
const path = (uri) => { const p = require('node:url').fileURLToPath(uri); mkdirSync(dirname(p), { recursive: true }); return p }
const { SLUICE_INPUT_ROWS: input, SLUICE_OUTPUT_ROWS: output, WAIT } = process.env
console.log('pid ' + process.pid)
setTimeout(() => writeFileSync(path(output), (input ? readFileSync(path(input), 'utf8') : '') + process.env.WORD), Number(WAIT))
`

function systemFile(wait: number): string {
  const command = JSON.stringify(['-e', PROGRAM])
  return `
system: shop
environments: { local: { cloud: local } }
images: { trainer: { context: trainer } }
buckets: { data: {} }
pipelines:
  rows:
    steps:
      first: { image: trainer, command: ${command}, env: { WAIT: "0", WORD: one }, outputs: { rows: data/one.csv } }
      second:
        image: trainer
        command: ${command}
        env: { WAIT: "${wait}", WORD: two }
        needs: [first]
        inputs: { rows: data/one.csv }
        outputs: { rows: data/two.csv }
`
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-train-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function start() {
  const client = spawn(process.execPath, [new URL('./client.ts', import.meta.url).pathname, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const read = createInterface({ input: client.stdout })
  read.on('line', (line) => lines.push(line))
  const saw = async (text: string): Promise<string> => {
    for (;;) {
      const line = lines.find((one) => one.includes(text))
      if (line !== undefined) return line
      if (client.exitCode !== null)
        throw new Error(`the client ended without saying ${text}: ${lines.join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const ended = once(read, 'close').then(async (): Promise<Report> => {
    const last = lines.at(-1) ?? ''
    return (JSON.parse(last) as { report: Report }).report
  })
  ended.catch(() => {})
  return { client, saw, ended }
}

async function pidOf(line: string): Promise<number> {
  return Number(/pid (\d+)/.exec(line)?.[1])
}

const runs = async (pid: number): Promise<boolean> =>
  (await identify(pid, nodeExec({}, folder))) !== undefined

test('real jobs, run once and then skipped', async () => {
  await writeFile(join(folder, 'sluice.yml'), systemFile(0))
  expect(await start().ended).toMatchObject({ outcome: 'done', message: 'ran 2 of 2 steps of rows' })
  expect(await readFile(join(folder, 'data/two.csv'), 'utf8')).toBe('onetwo')
  expect((await start().ended).message).toBe('nothing to do: no step of rows changed')
  expect(await readdir(join(folder, 'jobs'))).toHaveLength(2)
})

test('R33 train is killed with SIGKILL while a step runs: the next one follows the same job to its end', async () => {
  await writeFile(join(folder, 'sluice.yml'), systemFile(1500))
  const first = start()
  await first.saw('"task":"step second","state":"running"')
  await first.saw('"source":"second"')
  first.client.kill('SIGKILL')
  await once(first.client, 'exit')
  const report = await start().ended
  expect(report).toMatchObject({ outcome: 'done', message: 'ran 1 of 2 steps of rows' })
  expect(await readdir(join(folder, 'jobs'))).toHaveLength(2)
  expect(await readFile(join(folder, 'data/two.csv'), 'utf8')).toBe('onetwo')
})

test('R48 Ctrl-C stops the job and everything in its process group, and is exit 10', async () => {
  await writeFile(join(folder, 'sluice.yml'), systemFile(60_000))
  const { client, saw, ended } = start()
  const pid = await pidOf(await saw('"source":"second"'))
  expect(await runs(pid)).toBe(true)
  client.kill('SIGINT')
  expect(await ended).toMatchObject({
    outcome: 'cancelled',
    message: 'cancelled while step second ran; its job was stopped',
  })
  expect(await runs(pid)).toBe(false)
})
