/**
 * One gigabyte of a job's log relayed from pipe to pipe, as the doors relay it: cut into lines, secrets redacted, workflow commands and
 * control characters neutralised. The relay is bundled, as it is shipped. `node bench/logs.ts [MB]`
 *
 * plain: lines of a training log. hostile: every line holds a workflow command and a secret.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { SHIPPED } from '../scripts/bundle.ts'

const MEGABYTES = Number(process.argv[2] ?? 1000)
const folder = join(import.meta.dirname, 'logs')
const made = mkdtempSync(join(tmpdir(), 'sluice-bench-logs-'))
const bundled = join(made, 'relay.mjs')
await build({
  entryPoints: [join(folder, 'relay.ts')],
  outfile: bundled,
  ...SHIPPED,
  logLevel: 'error',
})

interface Relayed {
  /** MB a second, MB a second of the relay's CPU, which other work does not slow down, and MiB at the peak. */
  readonly speed: number
  readonly cpu: number
  readonly memory: number
}

async function relayed(kind: 'plain' | 'hostile'): Promise<Relayed> {
  const writer = spawn(process.execPath, [join(folder, 'writer.ts'), kind, String(MEGABYTES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const relay = spawn(process.execPath, [bundled], {
    stdio: [writer.stdout, 'pipe', 'pipe'],
  })
  let bytes = 0
  let said = ''
  relay.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  relay.stderr.on('data', (piece: Buffer) => {
    said += piece.toString()
  })
  const begin = process.hrtime.bigint()
  await new Promise((resolve) => relay.once('close', resolve))
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9
  const memory = Number(/peak (\d+)/.exec(said)?.[1])
  if (bytes < MEGABYTES * 5e5 || !Number.isFinite(memory)) throw new Error(`the relay broke off: ${said}`)
  const cpu = Number(/cpu (\d+)/.exec(said)?.[1]) / 1e6
  return {
    speed: Math.round(MEGABYTES / seconds),
    cpu: Math.round(MEGABYTES / cpu),
    memory: Math.round(memory / 1024),
  }
}

const load = Math.round((loadavg()[0] ?? 0) * 10) / 10
const plain = await relayed('plain')
const hostile = await relayed('hostile')
rmSync(made, { recursive: true })
const measured = [
  { label: 'lines of a training log', value: plain.speed, unit: 'MB/s' },
  { label: 'every line a workflow command and a secret', value: hostile.speed, unit: 'MB/s' },
  { label: 'lines of a training log, of CPU alone', value: plain.cpu, unit: 'MB/s' },
  { label: 'every line a hit, of CPU alone', value: hostile.cpu, unit: 'MB/s' },
  { label: 'peak memory of the relay', value: Math.max(plain.memory, hostile.memory), unit: 'MiB' },
  { label: 'load of the machine when it began', value: load, unit: 'processes' },
]
for (const { label, value, unit } of measured) console.log(`${label}: ${value} ${unit}`)
const result = {
  name: 'logs',
  command: 'node bench/logs.ts',
  measured,
  against: 'at least 200 MB/s, at least 150 MB/s, at most 150 MiB',
}
writeFileSync(join(import.meta.dirname, 'results/logs.json'), `${JSON.stringify(result, null, 2)}\n`)
