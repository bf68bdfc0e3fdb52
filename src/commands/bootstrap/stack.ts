import { join } from 'node:path'
import { bug, SluiceError } from '../../domain/error.ts'
import type { StackPlan } from '../../domain/plans/plan.ts'
import type { Stack } from '../../domain/stacks/synthesizer.ts'
import { message } from '../../runtime/events.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { openEngine } from '../infrastructure/engine.ts'
import { hasChanges } from '../infrastructure/plan-stacks.ts'

/** Another bootstrap at the same moment makes a plan stale, and then there is nothing left to do. */
const TRIES = 3

/**
 * Plans the stack of trust and roles, and applies it unless it is only asked for. The folder is not that of the system's
 * stacks: `plan` and `apply` never come by it.
 *
 * @throws SluiceError locked, external: what the engine says
 */
export async function runStack(
  runtime: Runtime,
  state: string,
  stack: Stack,
  how: 'show' | 'apply',
): Promise<StackPlan> {
  const folder = join(state, 'bootstrap')
  await runtime.files.write(join(folder, '.gitignore'), '*\n')
  await runtime.files.write(join(folder, 'cdk.tf.json'), `${JSON.stringify(stack.json, undefined, 2)}\n`)
  const engine = await openEngine(runtime, join(state, 'plugins'))
  const place = { name: stack.name, folder, dependsOn: [] }
  const file = join(folder, 'bootstrap.tfplan')
  await engine.init(place)
  try {
    for (let left = TRIES; left > 0; left--) {
      const plan = await engine.plan(place, file)
      if (how === 'show' || !hasChanges(plan)) return plan
      try {
        await engine.apply(place, file)
        return plan
      } catch (error) {
        if (left === 1 || !(error instanceof SluiceError) || error.outcome !== 'stale') throw error
        runtime.log.emit(
          message('notice', 'another bootstrap has changed the roles meanwhile: planning again'),
        )
      }
    }
    throw bug('the tries of bootstrap ended without an end')
  } finally {
    await runtime.files.remove(file)
  }
}
