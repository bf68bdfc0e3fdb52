/**
 * What dist/ weighs, and what each byte of it buys. Nothing is timed: the same sources give the same figures.
 *
 * `node bench/size.ts`; dist/ is built into a temporary folder.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../scripts/bundle.ts'
import { bytesByPart, startPaths } from '../scripts/bytes.ts'

const root = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'sluice-size-'))
try {
  const built = await bundle(root, scratch)
  const sum = (bytes: Iterable<number>): number => [...bytes].reduce((total, one) => total + one, 0)
  const parts = bytesByPart(built)
  const notices = statSync(join(scratch, 'NOTICES.txt')).size
  const measured = [
    { label: 'all of dist/', value: sum(parts.values()) + notices, unit: 'bytes (at most 4,000,000)' },
    {
      label: 'loaded on the start paths of all doors together',
      value: sum(startPaths(built).values()),
      unit: 'bytes (at most 1,200,000)',
    },
    ...[...parts].map(([label, value]) => ({ label, value, unit: 'bytes' })),
    { label: 'licences of what is bundled', value: notices, unit: 'bytes' },
  ]
  for (const { label, value, unit } of measured) console.log(`${label.padEnd(50)} ${value} ${unit}`)
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  const result = { name: 'size', command: 'node bench/size.ts', measured }
  writeFileSync(join(results, 'size.json'), `${JSON.stringify(result, undefined, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true })
}
