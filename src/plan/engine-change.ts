import { isDeepStrictEqual } from 'node:util'
import type { PlanChange } from '../domain/plans/plan.ts'
import type { PlanAction } from '../domain/plans/plan-counts.ts'
import { isStateful, unprotectedBy } from './stateful.ts'

/**
 * A member of `resource_changes` or `resource_drift`, as far as it is used.
 * https://developer.hashicorp.com/terraform/internals/json-format#resource-change-representation
 */
export interface EngineChange {
  readonly address?: unknown
  readonly previous_address?: unknown
  readonly mode?: unknown
  readonly type?: unknown
  readonly name?: unknown
  readonly provider_name?: unknown
  readonly deposed?: unknown
  readonly action_reason?: unknown
  readonly change?: {
    readonly actions?: unknown
    readonly before?: unknown
    readonly after?: unknown
    readonly after_unknown?: unknown
    readonly before_sensitive?: unknown
    readonly after_sensitive?: unknown
    readonly replace_paths?: unknown
    readonly importing?: unknown
  }
}

/** Every list of actions that the formats 0.1 to 1.x know, and what it means; the order of a replacement does not matter. */
const ACTIONS: Readonly<Record<string, PlanAction>> = {
  'no-op': 'noop',
  create: 'create',
  read: 'read',
  // An ephemeral resource is opened for the time of the run.
  open: 'read',
  update: 'update',
  delete: 'delete',
  forget: 'forget',
  'create,delete': 'replace',
  'delete,create': 'replace',
  // The old object stays where it is, outside of the state.
  'create,forget': 'replace',
}

/** In the list of unknown attributes: nothing of the resource is known. */
const WHOLE = '*'

/** An action that a later format may bring: nothing is said of it before somebody has looked. */
export class UnknownActionError extends Error {
  override readonly name = 'UnknownActionError'
}

/** One change with names only. */
export function changeOf(raw: EngineChange): PlanChange {
  const change = raw.change ?? {}
  const before = record(change.before)
  const after = record(change.after)
  const unknown = record(change.after_unknown)
  const address = text(raw.address)
  const type = text(raw.type)
  const action = actionOf(change.actions, address)
  const movedFrom = text(raw.previous_address)
  const reason = text(raw.action_reason)
  const deposed = text(raw.deposed)
  return {
    address,
    type,
    name: text(raw.name),
    mode: raw.mode === 'data' ? 'data' : 'managed',
    provider: text(raw.provider_name),
    action,
    ...(reason === '' ? {} : { reason }),
    stateful: isStateful(type),
    attributes: differing(action, before, after, unknown),
    unknown:
      change.after_unknown === true
        ? [WHOLE]
        : Object.keys(unknown).filter((name) => isUnknown(unknown[name])),
    forces: forcing(change.replace_paths),
    unprotects: action === 'update' || action === 'replace' ? unprotectedBy(before, after) : [],
    imported: change.importing !== undefined && change.importing !== null,
    ...(movedFrom === '' || movedFrom === address ? {} : { movedFrom }),
    ...(deposed === '' ? {} : { deposed }),
  }
}

export function actionOf(actions: unknown, address: string): PlanAction {
  const key = Array.isArray(actions) ? actions.join(',') : ''
  const action = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined
  if (action !== undefined) return action
  throw new UnknownActionError(`${address || 'a resource'} has the actions [${key}]`)
}

function differing(
  action: PlanAction,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  unknown: Readonly<Record<string, unknown>>,
): string[] {
  if (action === 'delete' || action === 'forget') return []
  const names = new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(unknown)])
  return [...names].filter((name) => {
    if (isUnknown(unknown[name])) return true
    const now = after[name] ?? null
    return action === 'create' ? isSet(now) : !isDeepStrictEqual(before[name] ?? null, now)
  })
}

/** Empty lists stand for blocks that nobody wrote. */
function isSet(value: unknown): boolean {
  return value !== null && !(Array.isArray(value) && value.length === 0)
}

/** `true`, or a structure with `true` somewhere inside. */
function isUnknown(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === true
  return Object.values(value).some(isUnknown)
}

/** First step of each path: `[["engine_version"], ["block", 0, "name"]]`. */
function forcing(paths: unknown): string[] {
  if (!Array.isArray(paths)) return []
  const names = paths.map((path: unknown) => (Array.isArray(path) ? text(path[0]) : ''))
  return [...new Set(names.filter((name) => name !== ''))].sort()
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
