import { bug } from '../domain/error.ts'
import type { BootstrapOptions } from './bootstrap/accesses.ts'
import type { Command } from './command.ts'
import { openEnvironment } from './environment.ts'
import { nothingToDo } from './nothing-to-do.ts'

export type { BootstrapOptions } from './bootstrap/accesses.ts'

/**
 * Makes what an environment needs before its first deployment: the bucket of its states, trust in one repository, and a role
 * that looks and one that changes. It may be repeated and run twice at once. An administrator runs it, from a terminal. Cloud
 * `local` needs none of it.
 */
export const bootstrap: Command<BootstrapOptions> = async (world, options) => {
  const { runtime, request } = world
  const { system, root, state } = await openEnvironment(world)
  const { name, cloud } = system.environment
  if (cloud === 'local') return nothingToDo(world, 'bootstrap')
  const [{ decideAccesses }, { allNew, bootstrapMarkdown }] = await Promise.all([
    import('./bootstrap/accesses.ts'),
    import('./bootstrap/summary.ts'),
  ])
  const accesses = decideAccesses(system, options, runtime.env)
  const store = await world.openStateStore?.(cloud, { runtime, system, root, state })
  const bootstrapper = await world.openBootstrapper?.()
  if (store === undefined || bootstrapper === undefined) throw bug('bootstrap was started without a cloud')
  try {
    const { stack, logins } = await bootstrapper.bootstrap({ system, accesses })
    const before = await store.inspect()
    const missing = before.parts.filter((part) => part.state === 'missing').length
    const hasStates = before.parts[0]?.state === 'there'
    if (!request.dryRun) await store.ensure()
    const { runStack } = await import('./bootstrap/stack.ts')
    const changes =
      request.dryRun && !hasStates
        ? allNew(stack.json)
        : (await runStack(runtime, state, stack, request.dryRun ? 'show' : 'apply')).changes
    const shown = { environment: name, ground: before, accesses, logins, changes, isDry: request.dryRun }
    const did = request.dryRun ? 'would make' : 'made'
    const nothing = missing === 0 && changes.length === 0
    return {
      command: 'bootstrap',
      outcome: 'done',
      message: nothing
        ? `environment ${name} is ready: ${before.place} and its roles are as they must be`
        : `${did} ${missing} parts of ${before.place} and ${changes.length} of trust and roles of ${name}`,
      outputs: {},
      data: {
        state: before.place,
        parts: before.parts,
        changes: changes.map(({ address, action }) => ({ address, action })),
        logins,
      },
      summary: bootstrapMarkdown(shown),
    }
  } finally {
    await store.close()
  }
}
