/**
 * An image from one registry on loopback to another, as whole processes, paired with `skopeo copy` in the same rounds; and the
 * memory that it takes at 500 MB and at 2 GB. Needs Debian's docker-registry and skopeo.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { startRegistry } from '../test/real/docker-registry.ts'
import { writeRandomImage } from './mirror/random-image.ts'

const ROUNDS = Number(process.argv[2] ?? 7)
const LAYERS = 5
const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'sluice-bench-mirror-'))
const program = join(scratch, 'copy.mjs')

function seconds(work: () => void): number {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / 1e9
}

/** Bytes of memory at the most. */
function sluice(...argv: readonly string[]): number {
  const said = execFileSync(process.execPath, [program, ...argv], { encoding: 'utf8' })
  return (JSON.parse(said) as { peak: number }).peak
}

function skopeo(source: string, target: string): void {
  const open = ['--src-tls-verify=false', '--dest-tls-verify=false']
  execFileSync('skopeo', ['copy', '--quiet', ...open, `docker://${source}`, `docker://${target}`])
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const rounded = (value: number): number => Math.round(value * 100) / 100

try {
  await build({
    entryPoints: [join(root, 'bench/mirror/copy.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  await using from = await startRegistry()
  await using to = await startRegistry()
  const seed = (size: number, name: string): string => {
    const folder = join(scratch, name)
    sluice(folder, `${from.host}/${name}`, writeRandomImage(folder, size, LAYERS))
    rmSync(folder, { recursive: true })
    return `${from.host}/${name}:v1`
  }
  // Blobs of a registry are shared between its repositories, so each copy starts with an empty one.
  const emptied = (work: () => void): number => {
    rmSync(to.storage, { recursive: true, force: true })
    return seconds(work)
  }
  const half = seed(500e6, 'half')
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    const one = (): void => {
      ours.push(emptied(() => sluice(half, `${to.host}/ours`)))
    }
    const other = (): void => {
      theirs.push(emptied(() => skopeo(half, `${to.host}/theirs:v1`)))
    }
    for (const work of round % 2 === 0 ? [one, other] : [other, one]) work()
  }
  const large = seed(2e9, 'large')
  const [memory, largeMemory]: [number[], number[]] = [[], []]
  for (let round = 0; round < Math.min(ROUNDS, 5); round++) {
    emptied(() => memory.push(sluice(half, `${to.host}/ours`)))
    emptied(() => largeMemory.push(sluice(large, `${to.host}/large`)))
  }
  const rates = ours.map((time, round) => ((theirs[round] ?? Number.NaN) / time) * 100)
  const MIB = 2 ** 20
  const result = {
    name: 'mirror',
    command: 'node bench/mirror.ts',
    measured: [
      { label: 'mirror of 500 MB', value: rounded(median(ours)), unit: 's' },
      { label: 'skopeo copy of the same, in the same rounds', value: rounded(median(theirs)), unit: 's' },
      { label: 'rate, of the rate of skopeo', value: Math.round(median(rates)), unit: '%' },
      { label: 'memory at 500 MB', value: Math.round(median(memory) / MIB), unit: 'MiB' },
      { label: 'memory at 2 GB', value: Math.round(median(largeMemory) / MIB), unit: 'MiB' },
      { label: 'load of the machine at the end', value: rounded(loadavg()[0] ?? 0), unit: '' },
    ],
    against: 'at least 90 % of the rate of skopeo, at most 200 MiB, at most 15 % more at 2 GB',
  }
  for (const { label, value, unit } of result.measured) console.log(`${label}: ${value} ${unit}`)
  writeFileSync(join(root, 'bench/results/mirror.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
