/**
 * Writes docs/performance.md from bench/results/*.json. With `--run` (`npm run bench`) every benchmark of bench/*.ts runs
 * first, one after the other; names behind it choose some.
 */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { markdownTable } from './markdown.ts'

interface Measured {
  readonly label: string
  readonly value: number
  readonly unit: string
}

export interface BenchResult {
  readonly name: string
  readonly command: string
  readonly measured: readonly Measured[]
  /** What it was compared with, in the same run, or the aim in words. */
  readonly against?: readonly Measured[] | string
}

const root = join(import.meta.dirname, '..')

export function performancePage(results: readonly BenchResult[]): string {
  return [
    '# What was measured',
    '',
    '<!-- made from bench/results/*.json by `npm run bench` -->',
    '',
    'On a machine with two cores that did other work too. Ratios travel to other machines, absolute times do not; what',
    'stands under "against" was measured in the same run.',
    '',
    ...results.flatMap(section),
  ].join('\n')
}

function section({ name, command, measured, against }: BenchResult): string[] {
  const table = (title: string, rows: readonly Measured[]): string =>
    markdownTable(
      [title, 'value', 'unit'],
      rows.map(({ label, value, unit }) => [label, shown(value), unit]),
    )
  return [
    `## ${name}`,
    '',
    `\`${command}\``,
    '',
    table('measured', measured),
    ...(against === undefined
      ? []
      : [typeof against === 'string' ? `Aim: ${against}.\n` : table('against', against)]),
  ]
}

export function readResults(folder = root): BenchResult[] {
  return globSync('bench/results/*.json', { cwd: folder })
    .sort()
    .map((path) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as BenchResult)
}

function runBenches(names: readonly string[]): void {
  const benches = globSync('bench/*.ts', { cwd: root }).sort()
  for (const path of benches.filter((file) => names.length === 0 || names.includes(basename(file, '.ts')))) {
    console.log(`node ${path}`)
    const { status } = spawnSync(process.execPath, [path], { cwd: root, stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}

if (process.argv[1] === import.meta.filename) {
  const [first, ...names] = process.argv.slice(2)
  if (first === '--run') runBenches(names)
  writeFileSync(join(root, 'docs', 'performance.md'), performancePage(readResults()))
}

/** Four digits say more than the machine's noise allows. */
function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
}
