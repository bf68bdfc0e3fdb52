import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Measured {
  readonly label: string
  readonly value: number
  readonly unit: string
}

/** Prints what was measured and leaves it for docs/performance.md. */
export function leave(name: string, measured: readonly Measured[]): void {
  for (const { label, value, unit } of measured) process.stdout.write(`${label}: ${value} ${unit}\n`)
  const folder = join(import.meta.dirname, '..', 'results')
  mkdirSync(folder, { recursive: true })
  const command = `node bench/${name}.ts`
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ name, command, measured }, null, 2)}\n`)
}

export const rounded = (value: number, digits: number): number =>
  Math.round(value * 10 ** digits) / 10 ** digits
