import type { Verdict } from '../../domain/models/verdict.ts'
import { shown, signedNumber } from '../../gate/reasons.ts'
import { visible } from '../foreign-text.ts'

/** Every step of the decision with its numbers, one line each, for `--explain`. */
export function explainVerdict(verdict: Verdict): string[] {
  const { policy, power, metrics, slices } = verdict
  const { metric, rule, margin, alpha, direction } = policy.primary
  const bound = rule === 'superior' ? '0' : `-${margin}`
  const spent = verdict['alpha'] as { look: number } | undefined
  return [
    `evidence ${verdict.evidence}: ${verdict.dataset.rows ?? 'no'} rows, seed ${verdict.seed ?? 'none'}`,
    `rule: ${metric} (${direction} is better) must be ${rule}: promote where the interval lies above ${bound}, reject where it lies below`,
    `error budget: alpha ${alpha}, look ${verdict.look} of ${policy.looks}, so this look may spend ${spent?.look ?? alpha}`,
    ...metrics.map((m) => {
      const interval =
        m.interval === null
          ? 'no interval'
          : `${signedNumber(m.interval[0])} to ${signedNumber(m.interval[1])}`
      const values = `champion ${m.champion === null ? 'none' : shown(m.champion)}, challenger ${m.challenger === null ? 'none' : shown(m.challenger)}`
      const difference = m.difference === null ? '' : `, difference ${signedNumber(m.difference)}`
      const level = typeof m['alpha'] === 'number' ? `, alpha ${m['alpha']}` : ''
      const units = m['units'] === undefined || m['units'] === m.n ? '' : `, ${m['units']} independent units`
      return `metric ${m.name}: ${values}${difference}, ${interval} (${m.method ?? 'value'}${units}${level})`
    }),
    ...slices.map((s) => {
      const interval =
        s.interval === null
          ? 'no interval'
          : `${signedNumber(s.interval[0])} to ${signedNumber(s.interval[1])}`
      return `slice ${s.column}=${s.value}: ${interval} at level ${shown(Number(s['level']))} of Holm's procedure: ${s.says}`
    }),
    ...(power?.detectable == null
      ? []
      : [
          `power: standard error ${shown(Number(power['error']))}; finds a distance of ${shown(power.detectable)} from the bound with 80 %; needs ${power.needed ?? 'no number of'} rows`,
          `power: promotes an equal model with ${percent(power['equal'])}, one that is truly as much better as this one seems with ${percent(power['observed'])}`,
        ]),
    ...verdict.reasons.map(({ rule: id, says, text }) => `${says}: [${id}] ${text}`),
    `verdict: ${verdict.verdict}`,
  ].map(visible)
}

function percent(share: unknown): string {
  return typeof share === 'number' ? `${(100 * share).toFixed(1)} %` : 'an unknown chance'
}
