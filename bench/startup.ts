/**
 * What it costs to refuse bad input, as a whole process, against Node's own start: each round runs bare Node and every
 * door, in an order that rotates, so that whatever else the machine does falls on all of them alike.
 *
 * `node bench/startup.ts [ROUNDS]`; dist/ is built into a temporary folder first.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../scripts/bundle.ts'

const root = join(import.meta.dirname, '..')
const rounds = Number(process.argv[2] ?? 60)
const LIMITS = { cli: 1.25, action: 1.2 } as const

interface Door {
  readonly label: string
  readonly args: readonly string[]
  readonly kind: 'bare' | 'cli' | 'action'
  readonly env: Readonly<Record<string, string>>
  readonly exit: number
  readonly times: number[]
}

function doorsIn(dist: string, scratch: string): Door[] {
  const door = (
    label: string,
    kind: Door['kind'],
    exit: number,
    args: readonly string[],
    env = {},
  ): Door => ({
    label,
    kind,
    exit,
    args,
    env,
    times: [],
  })
  const env = { GITHUB_OUTPUT: join(scratch, 'output'), 'INPUT_DRY-RUN': 'yes' }
  return [
    door('node -e 0', 'bare', 0, ['-e', '0']),
    door('sluice buidl', 'cli', 2, [join(dist, 'cli.js'), 'buidl']),
    door('sluice build --evn x', 'cli', 2, [join(dist, 'cli.js'), 'build', '--evn', 'x']),
    ...readdirSync(join(root, 'actions')).map((verb) =>
      door(`action ${verb}, a bad input`, 'action', 2, [join(dist, `${verb}.js`)], env),
    ),
  ]
}

/** Milliseconds of a whole process. */
function time({ args, env, exit, label }: Door): number {
  const start = process.hrtime.bigint()
  const { status } = spawnSync(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  })
  const ms = Number(process.hrtime.bigint() - start) / 1e6
  if (status !== exit) throw new Error(`${label} ended with ${status}, not ${exit}`)
  return ms
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

const scratch = mkdtempSync(join(tmpdir(), 'sluice-startup-'))
try {
  const dist = join(scratch, 'dist')
  await bundle(root, dist)
  const doors = doorsIn(dist, scratch)
  const [bare] = doors
  for (let round = -3; round < rounds; round++) {
    for (let i = 0; i < doors.length; i++) {
      const door = doors[(i + Math.abs(round)) % doors.length]
      if (door === undefined) continue
      const ms = time(door)
      if (round >= 0) door.times.push(ms) // the first rounds fill the file cache
    }
  }
  // Paired: each run against the bare Node of its own round.
  const measured = doors.map(({ label, kind, times }) => ({
    label,
    value: Number(median(times.map((ms, i) => ms / (bare?.times[i] ?? Number.NaN))).toFixed(3)),
    unit: `x bare Node${kind === 'bare' ? '' : ` (at most ${LIMITS[kind]})`}`,
    ms: Number(median(times).toFixed(1)),
  }))
  for (const { label, value, ms } of measured)
    console.log(`${label.padEnd(32)} ${value.toFixed(3)}  ${ms} ms`)
  const file = join(import.meta.dirname, 'results', 'startup.json')
  mkdirSync(join(file, '..'), { recursive: true })
  const result = { name: 'startup', command: `node bench/startup.ts ${rounds}`, measured }
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true })
}
