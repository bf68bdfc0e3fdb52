/**
 * The gate against scipy.stats.bootstrap and numpy on the same rows (issue: "Speed"). Every verdict of ours and every answer
 * of theirs is a process of its own; rounds alternate and the best one counts, because other work on the machine comes and
 * goes. CPU seconds count all threads, ours those of the compiler of Node too. Ours include reading the file, its sha256 and
 * the check of ids; numpy's the reading by np.loadtxt and the check by np.unique, scipy's no reading at all. Neither counts
 * the start of its process and of its libraries. Ours is bundled, as it is shipped.
 *
 * SLUICE_PYTHON names a Python with numpy and scipy.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { SHIPPED } from '../scripts/bundle.ts'
import { classified, scored, writeJsonLines, writeParquet, writeRows } from './gate/rows.ts'

interface Took {
  /** User and system time of all threads. */
  readonly cpu: number
  /** By the clock. */
  readonly seconds: number
}

interface Judged extends Took {
  readonly memory: number
  readonly interval: readonly [number, number] | null
  readonly error: number
}

interface Answered extends Took {
  readonly answer: readonly [number, number]
}

const RESAMPLES = 10_000
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const MILLION = 1_000_000
const root = join(import.meta.dirname, '..')
const given = process.env['SLUICE_BENCH_DATA']
const folder = given ?? mkdtempSync(join(tmpdir(), 'sluice-bench-gate-'))
mkdirSync(folder, { recursive: true })
const python = process.env['SLUICE_PYTHON'] ?? 'python3'

const HEADER = 'id,label,champion,challenger'
const shuffled = (n: number) => (i: number) => String((i * 7919) % n)
const named = (n: number) => (i: number) => `r${(i * 7919) % n}`
const file = (name: string): string => join(folder, name)
const binary = file('binary.csv')
const text = file('text.csv')
const macro = file('macro.csv')
const area = file('area.csv')
const large = file('large.csv')
const largeText = file('large-text-ids.csv')
writeRows(binary, HEADER, MILLION, classified(2, shuffled(MILLION)))
writeRows(text, HEADER, MILLION, classified(2, named(MILLION)))
writeRows(macro, HEADER, MILLION, classified(10, shuffled(MILLION)))
writeRows(area, HEADER, MILLION, scored)
writeRows(large, HEADER, 10 * MILLION, classified(2, shuffled(10 * MILLION)))
writeRows(largeText, HEADER, 10 * MILLION, classified(2, named(10 * MILLION)))
const lines = writeJsonLines(text, file('text.jsonl'))
const parquet = writeParquet(text, file('text.parquet'))

function run<T>(command: string, argv: readonly string[]): T {
  return JSON.parse(execFileSync(command, argv, { encoding: 'utf8', maxBuffer: 2 ** 26 })) as T
}

const bundled = file('judge.mjs')
await build({
  entryPoints: [join(root, 'bench/gate/judge.ts')],
  outfile: bundled,
  ...SHIPPED,
  logLevel: 'error',
})

const judge =
  (path: string, metric: string, rows: number, columns = 'predicted') =>
  (): Judged =>
    run(process.execPath, [bundled, path, metric, String(RESAMPLES), columns, String(rows)])
const numpy =
  (question: string, path: string, resamples = RESAMPLES) =>
  (): Answered =>
    run(python, [join(root, 'bench/gate/peers.py'), question, path, String(resamples)])

/** Runs these in turn, so often, and gives the best of each. */
function best<A extends Took, B extends Took>(
  ours: () => A,
  theirs: readonly (() => B)[],
  rounds = ROUNDS,
): [A, ...B[]] {
  const all = Array.from({ length: rounds }, () => [ours(), ...theirs.map((peer) => peer())] as [A, ...B[]])
  const pick = <T extends Took>(took: readonly T[]): T => {
    const [least] = [...took].sort((a, b) => a.cpu - b.cpu)
    if (least === undefined) throw new Error('no rounds')
    return { ...least, seconds: Math.min(...took.map(({ seconds }) => seconds)) }
  }
  const [first, ...others] = [
    pick(all.map(([own]) => own)),
    ...theirs.map((_, i) => pick(all.map((r) => r[i + 1] as B))),
  ]
  return [first as A, ...(others as B[])]
}

const [f1, floats, integers] = best(judge(binary, 'f1', MILLION), [
  numpy('f1-floats', binary),
  numpy('f1-integers', binary),
])
const [f1Text, texts, bytes] = best(judge(text, 'f1', MILLION), [
  numpy('f1-text', text),
  numpy('f1-bytes', text),
])
const [macroF1, numpyMacro] = best(judge(macro, 'f1_macro', MILLION), [numpy('macro', macro)])
const [auc, numpyDelong] = best(judge(area, 'roc_auc', MILLION, 'score'), [numpy('delong', area)])
const [accuracy] = best(judge(large, 'accuracy', 10 * MILLION), [], 3)
const [accuracyText] = best(judge(largeText, 'accuracy', 10 * MILLION), [], 3)
const [f1Lines] = best(judge(lines, 'f1', MILLION), [], 3)
const [f1Parquet] = best(judge(parquet, 'f1', MILLION), [], 3)
const [slowly] = best(numpy('f1-slowly', binary), [], 1)
const [twenty, forty] = best(numpy('scipy', binary, 20), [numpy('scipy', binary, 40)], 3)
if ([floats, integers, texts, bytes, numpyMacro, numpyDelong, forty].includes(undefined))
  throw new Error('no peer')
const of = (took: Took | undefined): Took => took ?? { cpu: Number.NaN, seconds: Number.NaN }

type Row = readonly [label: string, value: number, unit: string]
const times = (label: string, took: Took | undefined): Row[] => [
  [label, of(took).cpu, 's CPU'],
  ['  by the clock', of(took).seconds, 's'],
]
const ours = (label: string, took: Judged): Row[] => [
  ...times(label, took),
  ['  peak memory', took.memory / 2 ** 20, 'MiB'],
]
const ratio = (label: string, peer: Took | undefined, own: Took): Row[] => [
  [`${label}, CPU`, of(peer).cpu / own.cpu, 'x'],
  [`${label}, by the clock`, of(peer).seconds / own.seconds, 'x'],
]
const measured: readonly Row[] = [
  ...ours('F1, 10^6 rows, 10,000 resamples, CSV with text ids', f1Text),
  ...ours('F1, the same, integer ids', f1),
  ...ours('F1, the same rows as Parquet, text ids', f1Parquet),
  ...ours('F1, the same rows as JSON lines, text ids', f1Lines),
  ...ours('macro F1 of 10 classes, integer ids', macroF1),
  ...ours('ROC AUC difference by DeLong, 10^6 rows', auc),
  ...ours('accuracy, 10^7 rows, duplicate check, text ids', accuracyText),
  ...ours('accuracy, 10^7 rows, duplicate check, integer ids', accuracy),
  // Beyond the number of cores the clock measures others too; CPU seconds much less so.
  ['load average of the machine (1 minute, 2 cores)', loadavg()[0] ?? 0, ''],
]
const perResample = (of(forty).cpu - of(twenty).cpu) / 20
const against: readonly Row[] = [
  ['scipy.stats.bootstrap (paired, batch=1), 20 resamples', of(twenty).cpu, 's CPU'],
  ['scipy.stats.bootstrap (paired, batch=1), 40 resamples', of(forty).cpu, 's CPU'],
  ['  linearity: 40 resamples over 2 x 20', of(forty).cpu / (2 * of(twenty).cpu), 'ratio'],
  ['  scaled to 10,000', perResample * RESAMPLES, 's CPU'],
  ['  against ours', (perResample * RESAMPLES) / f1.cpu, 'x'],
  ...times('numpy multinomial, text ids, loadtxt as U12', texts),
  ...ratio('  against ours', texts, f1Text),
  ...times('numpy multinomial, text ids, loadtxt as S12 (ASCII only)', bytes),
  ...ratio('  against ours', bytes, f1Text),
  ...times('numpy multinomial, integer ids, loadtxt (default: floats)', floats),
  ...ratio('  against ours', floats, f1),
  ...times('numpy multinomial, integer ids, loadtxt as int64', integers),
  ...ratio('  against ours', integers, f1),
  ...times('numpy multinomial, integer ids, genfromtxt', slowly),
  ...ratio('  against ours', slowly, f1),
  ...times('numpy multinomial, macro F1, loadtxt as int64', numpyMacro),
  ...ratio('  against ours', numpyMacro, macroF1),
  ...times('numpy DeLong, loadtxt', numpyDelong),
  ...ratio('  against ours', numpyDelong, auc),
  ['F1 interval, low end: ours minus numpy', (f1.interval?.[0] ?? Number.NaN) - (floats?.answer[0] ?? 0), ''],
  ['DeLong standard error: ours minus numpy', auc.error - (numpyDelong?.answer[1] ?? 0), ''],
]

for (const [label, value, unit] of [...measured, ...against]) {
  console.log(`${label.padEnd(62)} ${value.toPrecision(4)} ${unit}`)
}
const rows = (table: readonly Row[]) => {
  let head = ''
  return table.map(([label, value, unit]) => {
    if (!label.startsWith(' ')) head = label
    return { label: label.startsWith(' ') ? `${head}: ${label.trim()}` : label, value, unit }
  })
}
mkdirSync(join(root, 'bench/results'), { recursive: true })
const result = {
  name: 'gate',
  command: 'node bench/gate.ts',
  measured: rows(measured),
  against: rows(against),
}
writeFileSync(join(root, 'bench/results/gate.json'), `${JSON.stringify(result, null, 2)}\n`)
if (given === undefined) rmSync(folder, { recursive: true })
