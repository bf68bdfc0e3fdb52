/** What happens to a resource, in the order in which people must see it. */
export const PLAN_ACTIONS = ['delete', 'replace', 'forget', 'update', 'create', 'read', 'noop'] as const
export type PlanAction = (typeof PLAN_ACTIONS)[number]

/**
 * Resources by what happens to them. One that is imported or moved and changed as well counts for both, as the engine
 * counts.
 */
export const COUNTED = [
  'create',
  'update',
  'delete',
  'replace',
  'import',
  'forget',
  'move',
  'noop',
  'read',
] as const
export type PlanCounts = Readonly<Record<(typeof COUNTED)[number], number>>

export const NO_COUNTS: PlanCounts = {
  create: 0,
  update: 0,
  delete: 0,
  replace: 0,
  import: 0,
  forget: 0,
  move: 0,
  noop: 0,
  read: 0,
}

export function addCounts(a: PlanCounts, b: PlanCounts): PlanCounts {
  const sum = { ...a }
  for (const key of COUNTED) sum[key] += b[key]
  return sum
}
