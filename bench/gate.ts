/**
 * The gate against scipy.stats.bootstrap and numpy on the same rows (issue: "Speed"). Each of our verdicts is a process of
 * its own. Times are CPU seconds of the best round, all threads counted, because other work on the machine comes and goes; ours
 * include reading the CSV, its sha256 and the check of ids, numpy's the reading and the check, scipy's no reading at all.
 *
 * SLUICE_PYTHON names a Python with numpy and scipy.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { classified, scored, writeRows } from './gate/rows.ts'

interface Judged {
  readonly seconds: number
  /** User and system time of all threads. */
  readonly cpu: number
  readonly reading: number
  readonly memory: number
  readonly verdict: string
  readonly interval: readonly [number, number] | null
  readonly difference: number | null
  readonly error: number
}

const RESAMPLES = 10_000
const ROUNDS = 7
const root = join(import.meta.dirname, '..')
const given = process.env['SLUICE_BENCH_DATA']
const folder = given ?? mkdtempSync(join(tmpdir(), 'sluice-bench-gate-'))
mkdirSync(folder, { recursive: true })

const million = 1_000_000
const header = 'id,label,champion,challenger'
const shuffled = (n: number) => (i: number) => String((i * 7919) % n)
const binary = join(folder, 'binary.csv')
const macro = join(folder, 'macro.csv')
const area = join(folder, 'area.csv')
const large = join(folder, 'large.csv')
const text = join(folder, 'large-text-ids.csv')
writeRows(binary, header, million, classified(2, shuffled(million)))
writeRows(macro, header, million, classified(10, shuffled(million)))
writeRows(area, header, million, scored)
writeRows(large, header, 10 * million, classified(2, shuffled(10 * million)))
writeRows(
  text,
  header,
  10 * million,
  classified(2, (i) => `r${(i * 7919) % (10 * million)}`),
)

function judge(path: string, metric: string, rows: number, columns = 'predicted'): Judged {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const argv = [join(root, 'bench/gate/judge.ts'), path, metric, String(RESAMPLES), columns, String(rows)]
    return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' })) as Judged
  }).sort((a, b) => a.cpu - b.cpu)
  const [best] = rounds
  if (best === undefined) throw new Error('no rounds')
  return { ...best, seconds: Math.min(...rounds.map(({ seconds }) => seconds)) }
}

const f1 = judge(binary, 'f1', million)
const macroF1 = judge(macro, 'f1_macro', million)
const auc = judge(area, 'roc_auc', million, 'score')
const accuracy = judge(large, 'accuracy', 10 * million)
const textIds = judge(text, 'accuracy', 10 * million)

const python = process.env['SLUICE_PYTHON'] ?? 'python3'
const peers = JSON.parse(
  execFileSync(python, [join(root, 'bench/gate/peers.py'), binary, macro, area, String(RESAMPLES)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  }),
) as Record<string, number> & { numpy_f1_interval: number[]; numpy_delong_value: number[] }
const of = (key: string): number => Number(peers[key])

const perResample = (of('scipy_40') - of('scipy_20')) / 20
const scipy = perResample * RESAMPLES
const measured = [
  ['F1, 10^6 rows, 10,000 resamples, CSV included', f1.cpu, 's CPU'],
  ['the same, by the clock', f1.seconds, 's'],
  ['the same, peak memory', f1.memory / 2 ** 20, 'MiB'],
  ['macro F1 of 10 classes, the same', macroF1.cpu, 's CPU'],
  ['ROC AUC difference by DeLong, 10^6 rows, CSV included', auc.cpu, 's CPU'],
  ['the same, by the clock', auc.seconds, 's'],
  ['the same, peak memory', auc.memory / 2 ** 20, 'MiB'],
  ['accuracy, 10^7 rows, duplicate check, integer ids', accuracy.cpu, 's CPU'],
  ['the same, by the clock', accuracy.seconds, 's'],
  ['accuracy, 10^7 rows, duplicate check, text ids', textIds.cpu, 's CPU'],
  ['the same, by the clock', textIds.seconds, 's'],
] as const
const against = [
  ['scipy.stats.bootstrap (paired, batch=1), 20 resamples', of('scipy_20'), 's CPU'],
  ['scipy.stats.bootstrap (paired, batch=1), 40 resamples', of('scipy_40'), 's CPU'],
  ['linearity: 40 resamples over 2 x 20', of('scipy_40') / (2 * of('scipy_20')), 'ratio'],
  ['scipy.stats.bootstrap, scaled to 10,000', scipy, 's CPU'],
  ['scipy against ours', scipy / f1.cpu, 'x'],
  ['numpy multinomial, F1, np.loadtxt and check of ids included', of('numpy_f1'), 's CPU'],
  ['numpy with np.loadtxt against ours', of('numpy_f1') / f1.cpu, 'x'],
  ['numpy multinomial, F1, np.genfromtxt and check of ids included', of('genfromtxt_f1'), 's CPU'],
  ['numpy with np.genfromtxt against ours', of('genfromtxt_f1') / f1.cpu, 'x'],
  ['numpy multinomial, macro F1, reading included', of('numpy_macro'), 's CPU'],
  ['numpy DeLong, reading included', of('numpy_delong'), 's CPU'],
  ['numpy DeLong against ours', of('numpy_delong') / auc.cpu, 'x'],
  [
    'F1 interval, low end: ours minus numpy',
    (f1.interval?.[0] ?? Number.NaN) - (peers.numpy_f1_interval[0] ?? 0),
    '',
  ],
  ['DeLong standard error: ours minus numpy', auc.error - (peers.numpy_delong_value[1] ?? 0), ''],
] as const

for (const [label, value, unit] of [...measured, ...against])
  console.log(`${label.padEnd(58)} ${value.toPrecision(4)} ${unit}`)
const named = (rows: readonly (readonly [string, number, string])[]) =>
  rows.map(([label, value, unit]) => ({ label: label.trim(), value, unit }))
mkdirSync(join(root, 'bench/results'), { recursive: true })
const result = {
  name: 'gate',
  command: 'node bench/gate.ts',
  measured: named(measured),
  against: named(against),
}
writeFileSync(join(root, 'bench/results/gate.json'), `${JSON.stringify(result, null, 2)}\n`)
if (given === undefined) rmSync(folder, { recursive: true })
