import type { PlanChange } from '../../domain/plans/plan.ts'
import type { PlanAction } from '../../domain/plans/plan-counts.ts'

/** What is said of an action, as in "2 to replace". */
export const VERBS: Readonly<Record<PlanAction, string>> = {
  delete: 'delete',
  replace: 'replace',
  forget: 'forget',
  update: 'update',
  create: 'create',
  read: 'read',
  noop: 'keep',
}

export const MARKS: Readonly<Record<PlanAction, string>> = {
  delete: '🟥',
  replace: '🟧',
  forget: '⬜',
  update: '🟨',
  create: '🟩',
  read: '🟦',
  noop: '▫️',
}

/**
 * The engines' reasons in plain words.
 * https://developer.hashicorp.com/terraform/internals/json-format#resource-change-representation
 */
const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: 'its last creation failed half-way',
  replace_because_cannot_update: 'cannot be changed in place',
  replace_by_request: 'asked for with -replace',
  replace_by_triggers: 'replaced together with what triggers it',
  delete_because_no_resource_config: 'no longer in the configuration',
  delete_because_no_module: 'its module is no longer in the configuration',
  delete_because_wrong_repetition: 'count or for_each came or went',
  delete_because_count_index: 'count is lower now',
  delete_because_each_key: 'its key of for_each is gone',
  delete_because_no_move_target: 'moved to a place that is not in the configuration',
  read_because_config_unknown: 'what it is read by is known after apply',
  read_because_dependency_pending: 'what it depends on changes',
  read_because_check_nested: 'read by a check',
}

/** Why it happens, and what is special about it; a foreign text where a later engine has a reason of its own. */
export function whyOf(change: PlanChange): string {
  const { reason, forces, imported, movedFrom, deposed, unprotects, action } = change
  const said = reason === undefined ? [] : [REASONS[reason] ?? reason.replaceAll('_', ' ')]
  return [
    ...said,
    ...(action === 'replace' && forces.length > 0 ? [`because of ${forces.join(', ')}`] : []),
    ...(imported ? ['imported'] : []),
    ...(movedFrom === undefined ? [] : [`moved from ${movedFrom}`]),
    ...(deposed === undefined ? [] : [`the old object ${deposed} of an earlier replacement`]),
    ...(unprotects.length > 0 ? [`gives up ${unprotects.join(', ')}`] : []),
  ].join('; ')
}

/** Whether it may cost data: its end, or the end of what protects it. */
export function endangersData(change: PlanChange): boolean {
  const { stateful, action, unprotects } = change
  return unprotects.length > 0 || (stateful && (action === 'delete' || action === 'replace'))
}
