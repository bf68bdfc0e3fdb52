import { within } from '../../core/short-hash.ts'
import { TaskKiller } from '../task-killer.ts'
import type { Site } from './site.ts'

/**
 * What ends tasks past their time, made when the first step asks for it. It stands beside the cluster, in the foundation, which is
 * applied before anything that is started.
 */
export function taskKillerOf(site: Site): TaskKiller['parts'] {
  const { system, account, region, prefix } = site
  site.taskKiller ??= new TaskKiller(site.stack('foundation'), 'task-killer', {
    name: within(`${prefix}-task-killer`, 47),
    account,
    region,
    cluster: prefix,
    tags: { 'sluice:system': system.name, 'sluice:environment': system.environment.name },
  })
  return site.taskKiller.parts
}
