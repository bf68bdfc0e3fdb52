import { join } from 'node:path'
import { digestOfValue } from '../../domain/digest.ts'
import { bug } from '../../domain/error.ts'
import type { StackApproval } from '../../domain/plans/approval.ts'
import type { StackPlan } from '../../domain/plans/plan.ts'
import { NO_COUNTS } from '../../domain/plans/plan-counts.ts'
import type { EventTable } from '../../plan/events.ts'
import {
  type Finding,
  type Guarded,
  guardFindings,
  guardVerdict,
  type PolicyAnswer,
} from '../../plan/guard.ts'
import type { Interrupted } from '../../plan/journal.ts'
import { type Earlier, pendingInput } from '../../plan/pending.ts'
import type { PlanValues } from '../../plan/values.ts'
import { message } from '../../runtime/events.ts'
import type { Files, Runtime } from '../../runtime/runtime.ts'
import type { OpenEnvironment } from '../environment.ts'
import { bound, digestOfFile, type Ground, look, type Seen } from './bind.ts'
import type { EngineRun, PlanWatch } from './engine.ts'
import { reportInterrupted } from './journal.ts'
import { askPolicy, PolicyInput } from './policy-hook.ts'
import { planPath } from './saved-plans.ts'
import type { StackFolder } from './stack-folders.ts'
import { unbuiltIn } from './unbuilt.ts'

export interface PlannedStacks {
  readonly stacks: readonly StackPlan[]
  readonly findings: readonly Finding[]
  /** Records of what was planned, which nobody has approved yet. */
  readonly records: readonly StackApproval[]
  /** What applies before have left unfinished. */
  readonly interrupted: readonly Interrupted[]
}

/** Rows of the table that is shown when an engine has planned; all are counted. */
const SHOWN = 20

/** Plans one stack after the other; those whose inputs are not known yet, or whose images are not there, are `deferred`. */
export async function planStacks(
  runtime: Runtime,
  engine: EngineRun,
  folders: readonly StackFolder[],
  environment: OpenEnvironment,
  ground: Ground,
  values?: PlanValues,
): Promise<PlannedStacks> {
  const { state, system } = environment
  const earlier: Earlier[] = []
  const left: Interrupted[] = []
  const guarded: Guarded[] = []
  const seen: { readonly stack: string; readonly changes: boolean; readonly seen: Seen }[] = []
  for (const stack of folders) {
    runtime.signals.cancelled.throwIfAborted()
    const configuration = await configurationOf(runtime.files, stack.folder)
    const pending = pendingInput({ configuration, dependsOn: stack.dependsOn, earlier })
    if (pending !== undefined) {
      runtime.log.emit(message('notice', `stack ${stack.name} is deferred: ${pending}`))
      earlier.push({ plan: deferredPlan(stack.name), configuration })
      continue
    }
    await engine.init(stack)
    // Before the plan, which may fail because of it.
    left.push(...(await reportInterrupted(runtime, state, [stack], engine)))
    const file = planPath(state, stack.name)
    const { plan, policy } = await judged(runtime, environment, (watch) =>
      engine.plan(stack, file, { ...watch, values, table: (table) => show(runtime, stack.name, table) }),
    )
    const unbuilt = unbuiltIn(configuration, plan)
    if (unbuilt !== undefined) {
      // What it would do is shown, and nobody can apply it: Lambda would refuse halfway through.
      await runtime.files.remove(file)
      runtime.log.emit(message('warning', `stack ${stack.name} is deferred: ${unbuilt}`))
      earlier.push({ plan: { ...plan, state: 'deferred' }, configuration })
      continue
    }
    earlier.push({ plan, configuration })
    guarded.push({ plan, ...(policy === undefined ? {} : { policy }) })
    const digest = await digestOfFile(runtime, file)
    if (digest === undefined) throw bug(`the engine left no plan of stack ${stack.name}`)
    const changes = hasChanges(plan)
    const what = { file: digest, fingerprint: plan.fingerprint, changes }
    seen.push({ stack: stack.name, changes, seen: await look(runtime, engine, stack, ground, what) })
  }
  const findings = guardFindings(guarded, system.guards ?? {})
  const verdict = guardVerdict(findings)
  return {
    stacks: earlier.map(({ plan }) => plan),
    findings,
    interrupted: left,
    records: seen.map(({ stack, changes, seen }) => ({
      stack,
      changes,
      bound: bound(seen, ground, verdict),
      approved: null,
      applied: null,
    })),
  }
}

/** Reads a plan and, where the team has a policy of its own, asks that. */
export async function judged(
  runtime: Runtime,
  { system, root, state }: OpenEnvironment,
  read: (watch: PlanWatch) => Promise<StackPlan>,
): Promise<{ readonly plan: StackPlan; readonly policy?: PolicyAnswer }> {
  const command = system.guards?.policy
  if (command === undefined) return { plan: await read({}) }
  const input = new PolicyInput()
  const plan = await read({ json: (chunk) => input.add(chunk) })
  return { plan, policy: await askPolicy(runtime, command, input, { root, state }) }
}

/** Whether applying it would do anything: to a resource, or to the outputs that other stacks read. */
export function hasChanges({ changes, outputs }: StackPlan): boolean {
  return changes.some(({ action }) => action !== 'read') || outputs.length > 0
}

function show({ log }: Runtime, stack: string, { changes }: EventTable): void {
  const told = changes.filter(({ action }) => action !== 'read')
  if (told.length === 0) return
  const more = told.length - SHOWN
  log.emit({
    kind: 'table',
    title: `plan of stack ${stack}`,
    columns: ['action', 'resource', 'why'],
    rows: [
      ...told.slice(0, SHOWN).map(({ action, address, reason = '' }) => [action, address, reason]),
      ...(more > 0 ? [['', `and ${more} more`, '']] : []),
    ],
  })
}

function deferredPlan(stack: string): StackPlan {
  return {
    stack,
    state: 'deferred',
    counts: NO_COUNTS,
    changes: [],
    drift: [],
    outputs: [],
    checks: [],
    fingerprint: digestOfValue({ stack, state: 'deferred' }),
  }
}

/** A team's own folder may have no cdk.tf.json; then nothing is known of what it reads. */
async function configurationOf(files: Files, folder: string): Promise<unknown> {
  const bytes = await files.read(join(folder, 'cdk.tf.json'))
  return bytes === undefined ? {} : (JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown)
}
