/**
 * What `sluice synth` of filmlens production costs as a whole process (YAML, checks, compiler and files included), paired
 * with bare Node, and what a stack costs in a process that goes on.
 *
 * `node bench/synth.ts [ROUNDS]`; dist/ is built into a temporary folder first.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from '../scripts/bundle.ts'
import { loadSystem } from '../src/config/load.ts'
import type { Synthesizer } from '../src/domain/stacks/synthesizer.ts'
import { nodeFiles } from '../src/runtime/node/files.ts'
import { cdktfSynth } from './synth/peer.ts'

const root = join(import.meta.dirname, '..')
const rounds = Number(process.argv[2] ?? 30)
const file = join(root, 'examples/filmlens/sluice.yml')
/** Milliseconds a process, MiB at its peak, milliseconds a stack in process (issue 4, "Speed"). */
const AIM = { cold: 220, peak: 90, steady: 6, faster: 20 } as const

/** Milliseconds of a whole process. */
function time(args: readonly string[]): number {
  const start = process.hrtime.bigint()
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ms = Number(process.hrtime.bigint() - start) / 1e6
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return ms
}

/** Peak MiB of a process, which says it itself when it exits. */
function peak(scratch: string, args: readonly string[]): number {
  const probe = join(scratch, 'probe.cjs')
  writeFileSync(
    probe,
    "process.on('exit', () => require('node:fs').writeSync(3, String(process.resourceUsage().maxRSS)))",
  )
  const { output } = spawnSync(process.execPath, ['--require', probe, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  return Number(String(output[3])) / 1024
}

/** Milliseconds a stack, of the bundled compiler, after its first runs. */
async function steady(dist: string): Promise<number> {
  const { lazy } = await bundle(root, dist)
  const chunk = Object.entries(lazy.outputs).find(
    ([, { entryPoint }]) => entryPoint === 'cdktf/index.ts',
  )?.[0]
  if (chunk === undefined) throw new Error('no chunk holds the compiler')
  const path = pathToFileURL(join(dist, chunk.slice(chunk.indexOf('chunks/'))))
  const { synthesizer } = (await import(path.href)) as { synthesizer: Synthesizer }
  const { system } = await loadSystem(nodeFiles, file, 'production', root)
  const times: number[] = []
  for (let round = -20; round < 40; round++) {
    const start = performance.now()
    const stacks = await synthesizer.synthesize({ system, images: {} })
    if (round >= 0) times.push((performance.now() - start) / stacks.length)
  }
  return median(times)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

const scratch = mkdtempSync(join(tmpdir(), 'sluice-synth-'))
try {
  const dist = join(scratch, 'dist')
  const aStack = await steady(dist)
  const line = ['synth', '--env', 'production', '--file', file, '--out', join(scratch, 'out')]
  const synth = [join(dist, 'cli.js'), ...line, '--state', join(scratch, 'state')]
  const pairs: [ms: number, bare: number][] = []
  for (let round = -3; round < rounds; round++) {
    const pair: [number, number] = [time(synth), time(['-e', '0'])]
    if (round >= 0) pairs.push(pair) // the first rounds fill the file cache
  }
  const { system } = await loadSystem(nodeFiles, file, 'production', root)
  const peer = cdktfSynth(system, join(scratch, 'app'))
  // Each beside one of ours, so that whatever else the machine does falls on both.
  const theirs =
    peer === undefined ? [] : Array.from({ length: 5 }, () => [peer(), time(synth)] as const).slice(1)
  const peaks = Array.from({ length: 5 }, () => peak(scratch, synth))
  const best = Math.min(...pairs.map(([ms]) => ms))
  const one = (value: number): number => Number(value.toFixed(1))
  const measured = [
    {
      label: 'sluice synth, filmlens production, median',
      value: one(median(pairs.map(([ms]) => ms))),
      unit: 'ms',
    },
    { label: 'the same, best of all rounds', value: one(best), unit: `ms (at most ${AIM.cold})` },
    { label: 'the same', value: one(median(pairs.map(([ms, bare]) => ms / bare))), unit: 'x bare Node' },
    ...(theirs.length === 0
      ? []
      : [
          {
            label: 'cdktf synth with ts-node, median',
            value: one(median(theirs.map(([ms]) => ms))),
            unit: 'ms',
          },
          {
            label: 'faster than cdktf synth, median of pairs',
            value: one(median(theirs.map(([ms, ours]) => ms / ours))),
            unit: `x (at least ${AIM.faster})`,
          },
        ]),
    { label: 'peak memory', value: one(median(peaks)), unit: `MiB (at most ${AIM.peak})` },
    { label: 'a stack, in process', value: one(aStack), unit: `ms (at most ${AIM.steady})` },
  ]
  for (const { label, value, unit } of measured) console.log(`${label.padEnd(44)} ${value} ${unit}`)
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  const result = { name: 'synth', command: `node bench/synth.ts ${rounds}`, measured }
  writeFileSync(join(results, 'synth.json'), `${JSON.stringify(result, undefined, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true })
}
