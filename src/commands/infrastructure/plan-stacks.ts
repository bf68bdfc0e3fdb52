import { join } from 'node:path'
import { digestOf, digestOfValue } from '../../domain/digest.ts'
import { bug } from '../../domain/error.ts'
import type { StackPlan } from '../../domain/plan.ts'
import { NO_COUNTS } from '../../domain/plan-counts.ts'
import type { SavedPlans } from '../../domain/saved-plans.ts'
import { type Earlier, pendingInput } from '../../plan/pending.ts'
import { message } from '../../runtime/events.ts'
import type { Files, Runtime } from '../../runtime/runtime.ts'
import { configurationDigest } from './configuration-digest.ts'
import type { EngineRun } from './engine.ts'
import { planPath } from './saved-plans.ts'
import type { StackFolder } from './stack-folders.ts'

export interface PlannedStacks {
  readonly stacks: readonly StackPlan[]
  readonly saved: SavedPlans['stacks']
}

/** Plans one stack after the other; those whose inputs are not known yet are `deferred`. */
export async function planStacks(
  runtime: Runtime,
  engine: EngineRun,
  folders: readonly StackFolder[],
  state: string,
): Promise<PlannedStacks> {
  const earlier: Earlier[] = []
  const saved: SavedPlans['stacks'] = []
  for (const stack of folders) {
    const configuration = await configurationOf(runtime.files, stack.folder)
    const pending = pendingInput({ configuration, dependsOn: stack.dependsOn, earlier })
    if (pending !== undefined) {
      runtime.log.emit(message('notice', `stack ${stack.name} is deferred: ${pending}`))
      earlier.push({ plan: deferredPlan(stack.name), configuration })
      continue
    }
    await engine.init(stack)
    const file = planPath(state, stack.name)
    const plan = await engine.plan(stack, file)
    earlier.push({ plan, configuration })
    const bytes = await runtime.files.read(file)
    if (bytes === undefined) throw bug(`the engine left no plan of stack ${stack.name}`)
    saved.push({
      stack: stack.name,
      plan: digestOf(bytes),
      configuration: await configurationDigest(runtime.files, stack.folder),
      changes: hasChanges(plan),
    })
  }
  return { stacks: earlier.map(({ plan }) => plan), saved }
}

/** Whether applying it would do anything: to a resource, or to the outputs that other stacks read. */
export function hasChanges({ changes, outputs }: StackPlan): boolean {
  return changes.some(({ action }) => action !== 'read') || outputs.length > 0
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
