import { join } from 'node:path'
import { digestOfValue } from '../domain/digest.ts'
import type { PlanFile, StackPlan } from '../domain/plans/plan.ts'
import { addCounts, NO_COUNTS } from '../domain/plans/plan-counts.ts'
import type { System } from '../domain/system/system.ts'
import { planId } from '../plan/approval.ts'
import { type Finding, guardVerdict } from '../plan/guard.ts'
import { planArtifact } from '../plan/plan-artifact.ts'
import type { PlanValues } from '../plan/values.ts'
import type { Engine } from '../tools/engine/version.ts'
import type { Report, World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'
import { nothingToDo } from './nothing-to-do.ts'
import { refusePattern } from './refuse-pattern.ts'

export interface PlanOptions {
  /** Keeps values while the plan is read, for reports that were asked to show them; plan.json never has any. */
  readonly values?: PlanValues | undefined
}

/** With what stands between the plan and its apply, for whoever posts it. */
export interface PlanReport extends Report {
  readonly findings?: readonly Finding[]
}

/**
 * Shows what would change in the cloud, stack by stack: compiles the stacks, runs the engine on each and leaves plan.json with
 * names and no values, and the saved plans that `apply` takes. On cloud `local` there is nothing to plan.
 */
export async function plan(world: World, options: PlanOptions = {}): Promise<PlanReport> {
  const environment = await openEnvironment(world)
  if (environment.system.environment.cloud === 'local') {
    const outputs = { changes: 'false', fingerprint: '', deferred: '', 'comment-url': '' }
    return nothingToDo(world, 'plan', outputs, { counts: NO_COUNTS, changes: [] })
  }
  refusePattern(environment.system.environment)
  if (world.request.dryRun) return announce(world, environment)
  try {
    return await planAll(world, environment, options)
  } catch (error) {
    const { explainLock } = await import('./infrastructure/explain-lock.ts')
    throw await explainLock(world, error)
  }
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

async function planAll(
  world: World,
  environment: OpenEnvironment,
  { values }: PlanOptions,
): Promise<PlanReport> {
  const { runtime } = world
  const { system, state, root } = environment
  const [
    { openEngine },
    { synth },
    { stackFolders },
    { hasChanges, planStacks },
    { approvalPath, plansFolder, writeApproval },
    { encryptionOf, planKey },
    { groundOf },
    { COMMENT_LIMIT, headline, planMarkdown },
    { findingsMarkdown },
    { costMarkdown, estimateOf },
  ] = await Promise.all([
    import('./infrastructure/engine.ts'),
    import('./synth.ts'),
    import('./infrastructure/stack-folders.ts'),
    import('./infrastructure/plan-stacks.ts'),
    import('./infrastructure/saved-plans.ts'),
    import('./infrastructure/plan-key.ts'),
    import('./infrastructure/bind.ts'),
    import('../report/plan/markdown.ts'),
    import('../report/plan/findings.ts'),
    import('./plan/cost.ts'),
  ])
  const key = await planKey(runtime, state, true)
  const engine = await openEngine(runtime, join(state, 'plugins'), (found) =>
    encryptionOf(runtime, found, key),
  )
  await synth(world, {})
  const folders = await stackFolders(runtime.files, state)
  // Plans of before are of another configuration: none of them may be applied with these.
  const old = [join(state, 'plan.json'), plansFolder(state), approvalPath(state)]
  await Promise.all(old.map((path) => runtime.files.remove(path)))
  await runtime.files.write(join(plansFolder(state), '.gitignore'), '*\n')
  const ground = await groundOf(runtime, root, system)
  const { stacks, findings, records, interrupted } = await planStacks(
    runtime,
    engine,
    folders,
    environment,
    ground,
    values,
  )
  const file = planFile(system, engine.engine, stacks)
  await runtime.files.write(join(state, 'plan.json'), `${JSON.stringify(file, undefined, 2)}\n`)
  const { environment: name, fingerprint } = file
  await writeApproval(
    runtime.files,
    state,
    {
      schema: 'sluice.approval/v1',
      system: system.name,
      environment: name,
      fingerprint,
      stacks: [...records],
    },
    key,
  )
  const id = planId(fingerprint)
  const cost = await estimateOf(runtime.files, state)
  const more = `${findingsMarkdown(findings, id)}${costMarkdown(cost)}`
  const deferred = stacks.filter(({ state }) => state === 'deferred').map(({ stack }) => stack)
  const changes = deferred.length > 0 || stacks.some(hasChanges)
  return {
    command: 'plan',
    outcome: 'done',
    message: `${file.environment}: ${headline(file)}; plan ${id}`,
    outputs: {
      changes: String(changes),
      fingerprint: file.fingerprint,
      artifact: planArtifact(file),
      deferred: deferred.join(' '),
      'comment-url': '',
    },
    data: {
      counts: file.counts,
      changes: stacks.flatMap(({ stack, changes }) => changes.map((change) => ({ stack, ...change }))),
      stacks: stacks.map(({ stack, state, counts, fingerprint }) => ({ stack, state, counts, fingerprint })),
      plan: id,
      guard: { verdict: guardVerdict(findings), findings },
      cost: cost ?? null,
      interrupted,
    },
    summary: `${planMarkdown(file, { limit: COMMENT_LIMIT - more.length, ...(values === undefined ? {} : { values }) })}${more}`,
    findings,
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
