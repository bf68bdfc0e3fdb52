import type { Digest } from '../digest.ts'
import { changesBetween, type StepParts } from './fingerprint.ts'
import { type StepGraph, topologicalOrder } from './graph.ts'
import type { StepRecord } from './record.ts'

/** Whether a step runs, and why, in words. `after`: it is decided when the named steps have run. */
export type StepDecision =
  | { readonly kind: 'run'; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'after'; readonly steps: readonly string[]; readonly reason: string }

export interface StepFacts {
  readonly parts: StepParts
  /** What it last did; undefined: it never succeeded. */
  readonly record: StepRecord | undefined
  /** Output -> digest of what lies there now; undefined: nothing. */
  readonly outputs: Readonly<Record<string, Digest | undefined>>
}

export function decideStep({ parts, record, outputs }: StepFacts): StepDecision {
  if (record === undefined) return { kind: 'run', reason: 'never ran' }
  const changes = [...changesBetween(record.parts, parts), ...outputChanges(record, outputs)]
  return changes.length > 0
    ? { kind: 'run', reason: changes.join(', ') }
    : { kind: 'skip', reason: 'nothing changed' }
}

function outputChanges(record: StepRecord, now: StepFacts['outputs']): string[] {
  return Object.entries(record.outputs).flatMap(([name, { digest }]) => {
    if (now[name] === undefined) return [`output ${name} is missing`]
    return now[name] === digest ? [] : [`output ${name} was changed by something else`]
  })
}

/**
 * The decisions that can be made before anything has run: a step below one that runs has to wait for what that one
 * writes, because the new data may be the same as the old.
 */
export async function decideAll(
  graph: StepGraph,
  /** Steps that run in any case, and why. */
  forced: ReadonlyMap<string, string>,
  decide: (step: string) => Promise<StepDecision>,
): Promise<Readonly<Record<string, StepDecision>>> {
  const decisions: Record<string, StepDecision> = {}
  for (const name of topologicalOrder(graph)) {
    const reason = forced.get(name)
    const waitsFor = (graph[name]?.needs ?? []).filter((need) => decisions[need]?.kind !== 'skip')
    if (reason !== undefined) decisions[name] = { kind: 'run', reason }
    else if (waitsFor.length === 0) decisions[name] = await decide(name)
    else {
      decisions[name] = {
        kind: 'after',
        steps: waitsFor,
        reason: `depends on what ${waitsFor.join(' and ')} writes`,
      }
    }
  }
  return decisions
}
