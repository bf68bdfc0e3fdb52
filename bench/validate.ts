/**
 * What it costs to be told that sluice.yml is wrong: `sluice validate` as a whole process, from the bundle, on a bad file of 100 lines, against
 * `node -e 0`. Both run in turn, so that a busy machine slows both.
 */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../scripts/bundle.ts'

const RUNS = 41
const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
const root = join(import.meta.dirname, '..')

/** Ten services of nine lines, the last with a mistyped key. */
function badFile(): string {
  const head = [
    'system: bench',
    'environments:',
    '  local: { cloud: local }',
    '  production:',
    '    cloud: aws',
    '    region: us-east-1',
    '    account: "222222222222"',
    'images:',
    '  api: { context: apps/api }',
    'services:',
  ]
  const service = (name: string, key: string): string[] => [
    `  ${name}:`,
    '    image: api',
    '    port: 8000',
    `    ${key}: /health`,
    '    size: { cpu: 0.5, memory: 1GiB }',
    '    scale: { min: 1, max: 3, cpu: 75 }',
    '    env:',
    '      LOG_LEVEL: info',
    '    stop-timeout: 30s',
  ]
  const names = Array.from({ length: 10 }, (_, index) => `service-${index}`)
  return `${[...head, ...names.flatMap((name, index) => service(name, index === 9 ? 'heatlh' : 'health'))].join('\n')}\n`
}

function milliseconds(argv: readonly string[], expected: number): number {
  const start = process.hrtime.bigint()
  const { status } = spawnSync(process.execPath, argv, { stdio: 'ignore' })
  const end = process.hrtime.bigint()
  if (status !== expected) throw new Error(`node ${argv.join(' ')} ended with ${status}, not ${expected}`)
  return Number(end - start) / 1e6
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

try {
  const file = join(folder, 'sluice.yml')
  const text = badFile()
  await writeFile(file, text)
  const dist = join(folder, 'dist')
  await bundle(root, dist)
  const refuse = [join(dist, 'cli.js'), 'validate', '--file', file]
  const bare: number[] = []
  const ours: number[] = []
  for (let run = -3; run < RUNS; run++) {
    const [a, b] = [milliseconds(['-e', '0'], 0), milliseconds(refuse, 2)]
    if (run < 0) continue
    bare.push(a)
    ours.push(b)
  }
  const ratio = median(ours.map((ms, index) => ms / (bare[index] ?? Number.NaN)))
  const result = {
    name: 'validate',
    command: 'node bench/validate.ts',
    measured: [
      {
        label: `rejecting a bad sluice.yml of ${text.split('\n').length - 1} lines, whole process`,
        value: round(median(ours)),
        unit: 'ms',
      },
      { label: 'node -e 0', value: round(median(bare)), unit: 'ms' },
      { label: `ratio, median of ${RUNS} pairs`, value: round(ratio), unit: 'x' },
      {
        label: 'what it loads, beside the door',
        value: (await stat(join(dist, 'chunks/src-cli-run-validate.js'))).size,
        unit: 'bytes',
      },
    ],
    against: 'at most 2.2x `node -e 0`',
  }
  for (const { label, value, unit } of result.measured) console.log(`${label}: ${value} ${unit}`)
  await mkdir(join(root, 'bench/results'), { recursive: true })
  await writeFile(join(root, 'bench/results/validate.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  await rm(folder, { recursive: true })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
