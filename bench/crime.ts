/**
 * The ETL of chicago-crime over 260,000 generated rows: its nine steps, from the portal's stand-in to the chosen features, as
 * `sluice train` runs them on this machine, and the largest memory of one of them. Needs `npm run tools`.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../scripts/bundle.ts'

const ROWS = 260_000
const STEPS = 9
const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const system = join(scratch, 'system')
const cli = join(scratch, 'dist/cli.js')

interface Ended {
  readonly json: { readonly steps?: readonly { readonly step: string; readonly durationMs: number }[] }
  readonly said: string
}

function sluice(...words: string[]): Ended {
  const argv = [cli, ...words, '--env', 'local', '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: system, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`)
  return { json: JSON.parse(stdout) as Ended['json'], said: stderr }
}

/** What the steps say of themselves in their last lines: seconds of CPU, MiB. */
function usage(said: string): readonly { readonly cpu: number; readonly memory: number }[] {
  const lines = said.matchAll(/\(([\d.]+) s of CPU, peak memory (\d+) MiB\)/g)
  return [...lines].slice(0, STEPS).map(([, cpu, memory]) => ({ cpu: Number(cpu), memory: Number(memory) }))
}

try {
  await bundle(root, join(scratch, 'dist'))
  cpSync(join(root, 'examples/chicago-crime'), system, {
    recursive: true,
    filter: (path) => !/[/\\](\.sluice|__pycache__)$/.test(path),
  })
  const file = join(system, 'sluice.yml')
  const text = readFileSync(file, 'utf8')
  const whole = text.replace('stand-in:?rows=2000', `stand-in:?rows=${Math.ceil(ROWS / 12)}`)
  if (whole === text)
    throw new Error('sluice.yml asks the stand-in for another number of rows than this knows')
  writeFileSync(file, whole)
  sluice('build')
  sluice('up', '--detach')
  const load = loadavg()[0] ?? Number.NaN
  const { json, said } = sluice('train')
  const steps = (json.steps ?? []).slice(0, STEPS)
  const used = usage(said)
  const rows = Number(/, (\d+) crimes in the window/.exec(said)?.[1])
  const seconds = (milliseconds: number): number => Math.round(milliseconds / 100) / 10
  const total = steps.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const result = {
    name: 'crime',
    command: 'node bench/crime.ts',
    measured: [
      { label: 'rows in the window', value: rows, unit: 'rows' },
      { label: 'the nine ETL steps, one after the other', value: seconds(total), unit: 's' },
      {
        label: 'the same in time of CPU, which other work does not add to',
        value: Math.round(used.reduce((sum, { cpu }) => sum + cpu, 0) * 10) / 10,
        unit: 's',
      },
      ...steps.flatMap(({ step, durationMs }, index) => {
        const { cpu = Number.NaN, memory = Number.NaN } = used[index] ?? {}
        return [
          { label: `of it ${step}`, value: seconds(durationMs), unit: 's' },
          { label: `${step}: time of CPU`, value: cpu, unit: 's' },
          { label: `${step}: largest memory`, value: memory, unit: 'MiB' },
        ]
      }),
      {
        label: 'the largest memory of a step',
        value: Math.max(...used.map(({ memory }) => memory)),
        unit: 'MiB',
      },
      { label: 'load of the machine when it began', value: Math.round(load * 10) / 10, unit: 'processes' },
    ],
    against: 'at most 60 s and 2048 MiB on 2 cores',
  }
  for (const { label, value, unit } of result.measured) console.log(`${label}: ${value} ${unit}`)
  writeFileSync(join(root, 'bench/results/crime.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  spawnSync(process.execPath, [cli, 'down', '--env', 'local'], { cwd: system, stdio: 'ignore' })
  rmSync(scratch, { recursive: true, force: true })
}
