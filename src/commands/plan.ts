import { join } from 'node:path'
import { digestOfValue } from '../domain/digest.ts'
import type { PlanFile, StackPlan } from '../domain/plan.ts'
import { addCounts, NO_COUNTS } from '../domain/plan-counts.ts'
import type { System } from '../domain/system.ts'
import type { Engine } from '../tools/engine/version.ts'
import type { Command, Report, World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'
import { nothingToDo } from './nothing-to-do.ts'

export type PlanOptions = Readonly<Record<never, never>>

/** Characters of a comment, and of what a job summary takes without trouble. */
const SUMMARY_LIMIT = 65_536

/**
 * Shows what would change in the cloud, stack by stack: compiles the stacks, runs the engine on each and leaves plan.json with
 * names and no values, and the saved plans that `apply` takes. On cloud `local` there is nothing to plan.
 */
export const plan: Command<PlanOptions> = async (world) => {
  const environment = await openEnvironment(world)
  if (environment.system.environment.cloud === 'local') {
    const outputs = { changes: 'false', fingerprint: '', 'comment-url': '' }
    return nothingToDo(world, 'plan', outputs, { counts: NO_COUNTS, changes: [] })
  }
  return world.request.dryRun ? announce(world, environment) : planAll(world, environment)
}

/** The decision of `plan` is which stacks it plans. */
async function announce(world: World, { system }: OpenEnvironment): Promise<Report> {
  const { synth } = await import('./synth.ts')
  const { stacks } = (await synth(world, {})).data
  const text = `would plan the stacks of environment ${system.environment.name}`
  return {
    command: 'plan',
    outcome: 'done',
    message: text,
    outputs: { changes: '', fingerprint: '', 'comment-url': '' },
    data: { stacks },
    summary: `${text}\n`,
  }
}

async function planAll(world: World, environment: OpenEnvironment): Promise<Report> {
  const { runtime } = world
  const { system, state } = environment
  const [
    { openEngine },
    { synth },
    { stackFolders },
    { hasChanges, planStacks },
    { plansFolder, writeSavedPlans },
    { headline, planMarkdown },
  ] = await Promise.all([
    import('./infrastructure/engine.ts'),
    import('./synth.ts'),
    import('./infrastructure/stack-folders.ts'),
    import('./infrastructure/plan-stacks.ts'),
    import('./infrastructure/saved-plans.ts'),
    import('../report/plan/markdown.ts'),
  ])
  const engine = await openEngine(runtime, join(state, 'plugins'))
  await synth(world, {})
  const folders = await stackFolders(runtime.files, state)
  // Plans of before are of another configuration: none of them may be applied with these.
  await Promise.all([join(state, 'plan.json'), plansFolder(state)].map((path) => runtime.files.remove(path)))
  await runtime.files.write(join(plansFolder(state), '.gitignore'), '*\n')
  const { stacks, saved } = await planStacks(runtime, engine, folders, state)
  const file = planFile(system, engine.engine, stacks)
  await runtime.files.write(join(state, 'plan.json'), `${JSON.stringify(file, undefined, 2)}\n`)
  await writeSavedPlans(runtime.files, state, {
    schema: 'sluice.saved-plans/v1',
    environment: file.environment,
    fingerprint: file.fingerprint,
    stacks: saved,
  })
  const changes = stacks.some((stack) => stack.state === 'deferred' || hasChanges(stack))
  return {
    command: 'plan',
    outcome: 'done',
    message: `${file.environment}: ${headline(file)}`,
    outputs: { changes: String(changes), fingerprint: file.fingerprint, 'comment-url': '' },
    data: {
      counts: file.counts,
      changes: stacks.flatMap(({ stack, changes }) => changes.map((change) => ({ stack, ...change }))),
      stacks: stacks.map(({ stack, state, counts, fingerprint }) => ({ stack, state, counts, fingerprint })),
    },
    summary: planMarkdown(file, { limit: SUMMARY_LIMIT }),
  }
}

function planFile(system: System, engine: Engine, stacks: readonly StackPlan[]): PlanFile {
  return {
    schema: 'sluice.plan/v1',
    system: system.name,
    environment: system.environment.name,
    engine: { name: engine.name, version: engine.version },
    counts: stacks.reduce((sum, { counts }) => addCounts(sum, counts), NO_COUNTS),
    stacks: [...stacks],
    fingerprint: digestOfValue(stacks.map(({ stack, fingerprint }) => [stack, fingerprint])),
  }
}
