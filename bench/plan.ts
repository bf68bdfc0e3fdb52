/**
 * What it costs to show a large plan, as a whole process: a document of 10,000 resources (one in ten changes) beside
 * tf-summarize on the same file, and one of 100,000.
 *
 * `node bench/plan.ts [ROUNDS]`; dist/ is built into a temporary folder first.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../scripts/bundle.ts'
import { writePlan } from './plan/document.ts'
import { tableDelay } from './plan/events.ts'
import { tfSummarize } from './plan/peer.ts'

const root = join(import.meta.dirname, '..')
const rounds = Number(process.argv[2] ?? 15)
/** Seconds, MiB and times faster than tf-summarize (issue 5, "Speed"). */
const AIM = { seconds: 0.45, peak: 80, faster: 4, largeSeconds: 4, largePeak: 100, delay: 50 } as const

interface Run {
  readonly seconds: number
  readonly peak: number
}

/** GNU time says what the process itself used, as `wait4` counts it. */
function run(command: string, args: readonly string[]): Run {
  const started = process.hrtime.bigint()
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%M', command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return { seconds, peak: Number(stderr.trim().split('\n').at(-1)) / 1024 }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

const scratch = mkdtempSync(join(tmpdir(), 'sluice-plan-'))
try {
  const dist = join(scratch, 'dist')
  await bundle(root, dist)
  const [small, large] = [join(scratch, 'small.json'), join(scratch, 'large.json')]
  await writePlan(small, 10_000)
  await writePlan(large, 100_000)
  const render = (file: string): Run =>
    run(process.execPath, [join(dist, 'cli.js'), 'plan', '--render', file])
  const peer = tfSummarize()
  const ours: Run[] = []
  const theirs: Run[] = []
  for (let round = -2; round < rounds; round++) {
    const pair = [render(small), peer === undefined ? undefined : run(peer, ['-md', small])] as const
    if (round < 0) continue // the first rounds fill the file cache
    ours.push(pair[0])
    if (pair[1] !== undefined) theirs.push(pair[1])
  }
  const larges = Array.from({ length: 5 }, () => render(large))
  const delays: number[] = []
  for (let round = 0; round < rounds; round++) delays.push(await tableDelay(10_000))
  const two = (value: number): number => Number(value.toFixed(2))
  const size = (file: string): string => `${Math.round(statSync(file).size / 1e6)} MB`
  const measured = [
    {
      label: `10,000 resources, ${size(small)}: Markdown, median`,
      value: two(median(ours.map(({ seconds }) => seconds))),
      unit: `s (at most ${AIM.seconds})`,
    },
    {
      label: 'the same, peak memory',
      value: two(median(ours.map(({ peak }) => peak))),
      unit: `MiB (at most ${AIM.peak})`,
    },
    ...(theirs.length === 0
      ? []
      : [
          {
            label: 'tf-summarize on the same file, median',
            value: two(median(theirs.map(({ seconds }) => seconds))),
            unit: 's',
          },
          {
            label: 'tf-summarize, peak memory',
            value: two(median(theirs.map(({ peak }) => peak))),
            unit: 'MiB',
          },
          {
            label: 'faster than tf-summarize, median of pairs',
            value: two(median(theirs.map(({ seconds }, i) => seconds / (ours[i]?.seconds ?? Number.NaN)))),
            unit: `x (at least ${AIM.faster})`,
          },
        ]),
    {
      label: `100,000 resources, ${size(large)}: Markdown, median`,
      value: two(median(larges.map(({ seconds }) => seconds))),
      unit: `s (at most ${AIM.largeSeconds})`,
    },
    {
      label: 'the same, peak memory',
      value: two(median(larges.map(({ peak }) => peak))),
      unit: `MiB (at most ${AIM.largePeak})`,
    },
    {
      label: 'table of 10,000 resources after the engine ends, median',
      value: two(median(delays)),
      unit: `ms (at most ${AIM.delay})`,
    },
  ]
  for (const { label, value, unit } of measured) console.log(`${label.padEnd(52)} ${value} ${unit}`)
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  const result = { name: 'plan', command: `node bench/plan.ts ${rounds}`, measured }
  writeFileSync(join(results, 'plan.json'), `${JSON.stringify(result, undefined, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true })
}
