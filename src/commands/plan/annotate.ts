import { resolve } from 'node:path'
import { loadSystem } from '../../config/load.ts'
import type { PlanChange } from '../../domain/plans/plan.ts'
import { PLAN_ACTIONS } from '../../domain/plans/plan-counts.ts'
import { originOf } from '../../plan/origin.ts'
import { endangersData, VERBS } from '../../report/plan/words.ts'
import { message } from '../../runtime/events.ts'
import type { Report, World } from '../command.ts'
import { readPlanFile } from './post.ts'

/** GitHub shows this many annotations of a kind in a step. */
const SHOWN = 10

/** Says beside the lines of sluice.yml what the plan that was just made does for them, the loudest first. */
export async function annotateChanges(world: World, report: Report): Promise<void> {
  const { runtime, request } = world
  const plan = report.outcome === 'done' && !request.dryRun ? await readPlanFile(world) : undefined
  if (plan === undefined || plan.fingerprint !== report.outputs['fingerprint']) return
  const file = resolve(runtime.cwd, request.file)
  const { document } = await loadSystem(runtime.files, file, request.environment, runtime.cwd)
  const keys = [...document.root.entries].flatMap(([section, { value }]) =>
    value.kind === 'map' ? [...value.entries.keys()].map((name) => `${section}.${name}`) : [],
  )
  for (const { key, changes } of changesByKey(
    plan.stacks.flatMap((stack) => stack.changes),
    keys,
  ).slice(0, SHOWN)) {
    const [section = '', ...name] = key.split('.')
    const level = changes.some(endangersData) ? 'warning' : 'notice'
    const text = `${key} in ${plan.environment}: ${countText(changes)}`
    runtime.log.emit({ ...message(level, text), at: document.at([section, name.join('.')]) })
  }
}

interface KeyChanges {
  readonly key: string
  readonly changes: readonly PlanChange[]
}

/** Loudest first: what endangers data, then by the first action of PLAN_ACTIONS that there is. */
export function changesByKey(changes: readonly PlanChange[], keys: readonly string[]): readonly KeyChanges[] {
  const found = new Map<string, PlanChange[]>()
  for (const change of changes) {
    const key = change.action === 'read' ? undefined : originOf(change.name, keys)
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), change])
  }
  const loudness = (list: readonly PlanChange[]): number =>
    list.some(endangersData) ? -1 : Math.min(...list.map(({ action }) => PLAN_ACTIONS.indexOf(action)))
  return [...found]
    .map(([key, list]) => ({ key, changes: list }))
    .sort((a, b) => loudness(a.changes) - loudness(b.changes) || (a.key < b.key ? -1 : 1))
}

function countText(changes: readonly PlanChange[]): string {
  return PLAN_ACTIONS.flatMap((action) => {
    const count = changes.filter((change) => change.action === action).length
    return count === 0 ? [] : [`${count} to ${VERBS[action]}`]
  }).join(', ')
}
