import { isDeepStrictEqual } from 'node:util'
import { usageError } from '../../domain/error.ts'
import { type Targets, targetsSchema } from '../../domain/stacks/targets.ts'

/** What one stack's output `sluice` says. */
export interface StackOutput {
  readonly stack: string
  readonly value: unknown
}

/**
 * targets.json: the outputs of all stacks as one. A key that two stacks set to different values is an error, and so is a
 * section that is none. Before the stack with the ledger is applied there is no ledger yet: undefined.
 *
 * @throws SluiceError usage, which names the stacks.
 */
export function mergeTargets(outputs: readonly StackOutput[]): Targets | undefined {
  const merged: Record<string, unknown> = {}
  const owners = new Map<string, string>()
  const set = (into: Record<string, unknown>, path: string, key: string, value: unknown, stack: string) => {
    const before = into[key]
    if (before !== undefined && !isDeepStrictEqual(before, value)) {
      throw usageError({
        what: `stacks ${owners.get(path) ?? '?'} and ${stack} both say ${path}`,
        rule: 'an entry of the output "sluice" has one stack',
        remedy: 'take it out of one of them',
      })
    }
    into[key] = value
    owners.set(path, stack)
  }
  for (const { stack, value } of outputs) {
    if (!isRecord(value)) continue
    for (const [section, content] of Object.entries(value)) {
      if (!isRecord(content)) {
        set(merged, section, section, content, stack)
        continue
      }
      const inner = isRecord(merged[section]) ? { ...merged[section] } : {}
      for (const [key, entry] of Object.entries(content)) set(inner, `${section}.${key}`, key, entry, stack)
      merged[section] = inner
    }
  }
  if (merged['ledger'] === undefined) return undefined
  const parsed = targetsSchema.safeParse(merged)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw usageError({
    what: `the output "sluice" is not one: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    rule: 'it has the shape of targets.json',
    remedy: 'see schema/targets.schema.json',
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
