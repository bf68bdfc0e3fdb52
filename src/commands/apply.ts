import { join } from 'node:path'
import { guardedAs } from '../domain/system/preview.ts'
import { isNamed, planId } from '../plan/approval.ts'
import type { ApproveOptions } from './apply/approve.ts'
import type { StackOutput } from './apply/merge-targets.ts'
import { type Command, failureReport, type Report, type World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'
import type { Circumstances } from './infrastructure/circumstances.ts'
import { nothingToDo } from './nothing-to-do.ts'

export interface ApplyOptions extends ApproveOptions {
  /** Where and for what the plan was made, where that is not this run: read from GitHub by whoever calls. */
  readonly circumstances?: Circumstances
  /** The plan that was asked for, by its id; another one is refused. */
  readonly plan?: string
  /** Whoever calls plans and applies again for the stacks that wait: that there are some is no refusal. */
  readonly leaveDeferred?: boolean
}

/**
 * Applies exactly what the last plan left and somebody approved, stack by stack, and writes targets.json. Stacks that the plan
 * deferred need a plan of their own (exit 3, unless it is told to leave those). On cloud `local` there is nothing to apply.
 */
export const apply: Command<ApplyOptions> = async (world, options) => {
  const environment = await openEnvironment(world)
  const { cloud } = environment.system.environment
  if (cloud === 'local') return nothingToDo(world, 'apply', { targets: '' })
  const [{ StalePlan }, { explainLock }] = await Promise.all([
    import('./apply/refusal.ts'),
    import('./infrastructure/explain-lock.ts'),
  ])
  try {
    return await applyAll(world, environment, options)
  } catch (error) {
    if (!(error instanceof StalePlan)) throw await explainLock(world, error)
    const { reason, differences } = error
    return { ...failureReport('apply', error), data: { applied: [], reason, differences } }
  } finally {
    await environment.close()
  }
}

async function applyAll(world: World, environment: OpenEnvironment, options: ApplyOptions): Promise<Report> {
  const { runtime, request } = world
  const { system, state, root } = environment
  const { name } = system.environment
  const [
    { openEngine },
    { stackFolders },
    { recordedStacks },
    { StalePlan },
    { verifyStacks },
    { encryptionOf },
    { groundOf },
    { approverOf, refuseUnnamed },
    { carryOut },
    { reportInterrupted },
  ] = await Promise.all([
    import('./infrastructure/engine.ts'),
    import('./infrastructure/stack-folders.ts'),
    import('./apply/approved.ts'),
    import('./apply/refusal.ts'),
    import('./apply/verify.ts'),
    import('./infrastructure/plan-key.ts'),
    import('./infrastructure/bind.ts'),
    import('./apply/approve.ts'),
    import('./apply/carry-out.ts'),
    import('./infrastructure/journal.ts'),
  ])
  // Nothing is compiled again: a plan is applied as it was made.
  const folders = await stackFolders(runtime.files, state)
  const recorded = await recordedStacks(runtime, state, system, folders)
  const { approval, key, deferred } = recorded
  const id = planId(approval.fingerprint)
  if (options.plan !== undefined && !isNamed(options.plan, approval.fingerprint)) {
    throw new StalePlan('stale', `plan ${options.plan} was asked for, and the one that is here is ${id}`)
  }
  const names = approval.stacks.filter(({ changes }) => changes).map(({ stack }) => stack)
  if (request.dryRun) return report(`would apply ${list(names)}: plan ${id}`, { targets: '' }, names)
  const engine = await openEngine(runtime, join(state, 'plugins'), (found) =>
    encryptionOf(runtime, found, key),
  )
  const own = await groundOf(runtime, root, system)
  const ground = { ...own, circumstances: options.circumstances ?? own.circumstances }
  const { stacks, findings } = await verifyStacks(runtime, engine, environment, recorded, ground)
  await reportInterrupted(
    runtime,
    state,
    stacks.map(({ stack }) => stack),
    engine,
  )
  refuseUnnamed(findings, options, id)
  const reviewedAs = guardedAs(system.environment)
  const approver =
    names.length === 0 ? undefined : await approverOf(world, name, id, findings, { ...options, reviewedAs })
  const outputs = await carryOut(runtime, engine, stacks, { state, approval, approver, key })
  const path = await writeTargets(world, environment, outputs)
  const done = report(`applied ${list(names)}`, { targets: path }, names)
  if (deferred.length === 0) return done
  const message = `${done.message}; ${list(deferred)} need a plan of their own, with what is known now`
  if (options.leaveDeferred === true) return { ...done, message, summary: `${message}\n` }
  return { ...done, outcome: 'refused', message, remedy: 'run plan and apply again' }
}

/** Absolute path; empty as long as no stack has said where the ledger is. */
async function writeTargets(
  { runtime }: World,
  environment: OpenEnvironment,
  outputs: readonly StackOutput[],
): Promise<string> {
  const [{ mergeTargets }, { publish }, { makeDatabases }] = await Promise.all([
    import('./apply/merge-targets.ts'),
    import('./apply/publish.ts'),
    import('./apply/database-names.ts'),
  ])
  const targets = mergeTargets(outputs)
  if (targets === undefined) return ''
  const path = join(environment.state, 'targets.json')
  await runtime.files.write(path, `${JSON.stringify(targets, undefined, 2)}\n`)
  await publish(environment, targets)
  await makeDatabases(runtime, targets, environment.provider)
  return path
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '))

function report(
  message: string,
  outputs: Readonly<Record<string, string>>,
  applied: readonly string[],
): Report {
  return { command: 'apply', outcome: 'done', message, outputs, data: { applied }, summary: `${message}\n` }
}
