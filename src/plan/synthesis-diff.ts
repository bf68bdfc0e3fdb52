import { digestOfValue } from '../domain/digest.ts'
import type { PlanChange, StackPlan } from '../domain/plans/plan.ts'
import { NO_COUNTS, type PlanAction } from '../domain/plans/plan-counts.ts'
import { isStateful } from './stateful.ts'

/** One synthesized stack: its Terraform JSON, already allowed. */
export interface SynthesizedStack {
  readonly name: string
  readonly document: Readonly<Record<string, unknown>>
}

interface Resource {
  readonly type: string
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * What changes in the synthesized infrastructure between two commits, by resource, names only. No cloud is asked: it says what
 * the stacks say otherwise, not what an apply would do.
 */
export function synthesisDiff(
  base: readonly SynthesizedStack[],
  head: readonly SynthesizedStack[],
): readonly StackPlan[] {
  const names = [...head.map(({ name }) => name), ...base.map(({ name }) => name)]
  return [...new Set(names)].map((stack) => {
    const [before, after] = [resources(base, stack), resources(head, stack)]
    const moves = movesOf(head, stack)
    const addresses = [...new Set([...before.keys(), ...after.keys()])].sort()
    const moved = new Set(moves.values())
    const changes = addresses.flatMap((address): PlanChange[] => {
      const from = before.has(address) ? undefined : moves.get(address)
      const [old, now] = [before.get(from ?? address), after.get(address)]
      // It is told where it went to.
      if (now === undefined && moved.has(address)) return []
      return changeOf(address, old, now, old === undefined ? undefined : from)
    })
    return {
      stack,
      state: 'planned',
      counts: countsOf(changes),
      changes,
      drift: [],
      outputs: [],
      checks: [],
      fingerprint: digestOfValue(changes),
    }
  })
}

function changeOf(
  address: string,
  old: Resource | undefined,
  now: Resource | undefined,
  movedFrom: string | undefined,
): PlanChange[] {
  const any = now ?? old
  if (any === undefined) return []
  const attributes = differing(old?.body ?? {}, now?.body ?? {})
  const action: PlanAction =
    old === undefined ? 'create' : now === undefined ? 'delete' : attributes.length > 0 ? 'update' : 'noop'
  if (action === 'noop' && movedFrom === undefined) return []
  const { type, name } = any
  return [
    {
      address,
      type,
      name,
      mode: 'managed',
      provider: type.startsWith('aws_') ? 'aws' : 'google',
      action,
      stateful: isStateful(type),
      attributes,
      unknown: [],
      forces: [],
      unprotects: [],
      imported: false,
      ...(movedFrom === undefined ? {} : { movedFrom }),
    },
  ]
}

function resources(stacks: readonly SynthesizedStack[], name: string): ReadonlyMap<string, Resource> {
  const document = stacks.find((stack) => stack.name === name)?.document ?? {}
  return new Map(
    Object.entries(record(document['resource'])).flatMap(([type, named]) =>
      Object.entries(record(named)).map(
        ([resource, body]) => [`${type}.${resource}`, { type, name: resource, body: record(body) }] as const,
      ),
    ),
  )
}

/** New address -> old address. */
function movesOf(stacks: readonly SynthesizedStack[], name: string): ReadonlyMap<string, string> {
  const moved = stacks.find((stack) => stack.name === name)?.document['moved']
  const list: readonly unknown[] = Array.isArray(moved) ? moved : []
  return new Map(list.map((one) => [String(record(one)['to']), String(record(one)['from'])] as const))
}

/** Names of the top-level attributes that differ; comments for scanners do not count. */
function differing(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  names.delete('//')
  return [...names].filter((name) => canonical(before[name]) !== canonical(after[name])).sort()
}

/** Keys in order, so that the order in which they were written is no change. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`
}

function countsOf(changes: readonly PlanChange[]): StackPlan['counts'] {
  const counts = { ...NO_COUNTS }
  const count = (key: keyof typeof counts): void => void Object.assign(counts, { [key]: counts[key] + 1 })
  for (const { action, movedFrom } of changes) {
    if (action !== 'noop') count(action)
    if (movedFrom !== undefined) count('move')
  }
  return counts
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
