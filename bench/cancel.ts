/**
 * How soon a cancel reaches the engine's process group (promise R19): from the signal that the door hears to the handler in the
 * process that the engine has started, at 30 points of an apply.
 *
 * `node bench/cancel.ts`
 */
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { nodeRuntime } from '../src/runtime/node/index.ts'

const POINTS = 30
/** Milliseconds. */
const AIM = 100

/** An engine with one provider in its group; both say when they hear of the signal, in nanoseconds of the machine's clock. */
const PROVIDER = `process.on('SIGTERM', () => { process.stdout.write('heard ' + process.hrtime.bigint() + '\\n'); process.exit() }); process.stdout.write('ready\\n'); setInterval(() => {}, 1000)`
const ENGINE = `
const { spawn } = require('node:child_process')
const provider = spawn(process.execPath, ['-e', process.argv[1]], { stdio: ['ignore', 'inherit', 'ignore'] })
process.on('SIGTERM', () => { process.stdout.write('heard ' + process.hrtime.bigint() + '\\n') })
provider.on('exit', () => process.exit())
process.stdout.write('ready\\n')
`

async function delay(point: number): Promise<number> {
  const cancel = new AbortController()
  const { exec } = nodeRuntime({ emit: () => {} }, { cancelled: cancel.signal })
  const child = await exec.start([process.execPath, '-e', ENGINE, PROVIDER], { signal: cancel.signal })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  while (said.split('ready').length < 3) await once(child.stdout, 'data')
  await wait((point * 37) % 101)
  const asked = process.hrtime.bigint()
  cancel.abort(new Error('cancelled'))
  await child.ended
  const heard = [...said.matchAll(/heard (\d+)/g)].map(([, at]) => Number(BigInt(at ?? '0') - asked) / 1e6)
  if (heard.length !== 2) throw new Error(`${heard.length} of 2 processes have heard of the cancel`)
  return Math.max(...heard)
}

const delays: number[] = []
for (let point = 0; point < POINTS; point++) delays.push(await delay(point))
delays.sort((a, b) => a - b)
const two = (value: number | undefined): number => Number((value ?? Number.NaN).toFixed(2))
const measured = [
  {
    label: `cancel to the last process of the group, median of ${POINTS}`,
    value: two(delays[POINTS >> 1]),
    unit: `ms (at most ${AIM})`,
  },
  { label: 'the slowest of them', value: two(delays.at(-1)), unit: `ms (at most ${AIM})` },
]
for (const { label, value, unit } of measured) console.log(`${label.padEnd(56)} ${value} ${unit}`)
const results = join(import.meta.dirname, 'results')
mkdirSync(results, { recursive: true })
const result = { name: 'cancel', command: 'node bench/cancel.ts', measured }
writeFileSync(join(results, 'cancel.json'), `${JSON.stringify(result, undefined, 2)}\n`)
