import type { Stack } from '../../src/domain/stacks/synthesizer.ts'
import { type Targets, targetsSchema } from '../../src/domain/stacks/targets.ts'

/** The outputs `sluice` of stacks merged into targets.json; the same key from two stacks is an error. */
export function targetsOf(stacks: readonly Stack[]): Targets {
  const merged: Record<string, unknown> = {}
  for (const { name, json } of stacks) {
    const output = json['output'] as { sluice?: { value: Record<string, unknown> } } | undefined
    for (const [key, value] of Object.entries(output?.sluice?.value ?? {})) {
      if (typeof value !== 'object' || value === null) {
        if (merged[key] !== undefined && merged[key] !== value) throw new Error(`${key} differs in ${name}`)
        merged[key] = value
        continue
      }
      const section = (merged[key] ?? {}) as Record<string, unknown>
      for (const [entry, inner] of Object.entries(value)) {
        if (entry in section) throw new Error(`${key}.${entry} stands in two stacks`)
        section[entry] = inner
      }
      merged[key] = section
    }
  }
  return targetsSchema.parse(merged)
}
