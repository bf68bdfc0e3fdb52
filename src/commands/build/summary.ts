import { shortDigest } from '../../domain/digest.ts'
import type { ImageRecord } from '../../domain/system/images.ts'
import type { BuildPlan } from './decide.ts'

export const COLUMNS = ['image', 'decision', 'why', 'digest'] as const

/** One row an image; `records` holds what is known or was made, by name. */
export function buildRows(plan: BuildPlan, records: Readonly<Record<string, ImageRecord>>): string[][] {
  return plan.map(({ name, decision, why }) => {
    const record = records[name]
    return [name, record?.how ?? decision, why, record === undefined ? '' : shortDigest(record.digest)]
  })
}

/** Markdown for the job summary. */
export function buildSummary(plan: BuildPlan, records: Readonly<Record<string, ImageRecord>>): string {
  const rows = buildRows(plan, records).map(
    ([name, how, why, digest]) => `| ${name} | ${how} | ${why} | ${digest === '' ? '' : `\`${digest}\``} |`,
  )
  return ['| Image | | Why | Digest |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')
}
