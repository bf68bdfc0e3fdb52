import { join } from 'node:path'
import type { ApprovedStack } from './apply/approved.ts'
import type { StackOutput } from './apply/merge-targets.ts'
import type { Command, Report, World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'
import type { EngineRun } from './infrastructure/engine.ts'
import { nothingToDo } from './nothing-to-do.ts'

export type ApplyOptions = Readonly<Record<never, never>>

/**
 * Applies exactly what the last plan left, stack by stack, and writes targets.json. It stops before the first stack that the
 * plan deferred, whose inputs are known only now (exit 3). On cloud `local` there is nothing to apply.
 */
export const apply: Command<ApplyOptions> = async (world) => {
  const environment = await openEnvironment(world)
  const { cloud } = environment.system.environment
  if (cloud === 'local') return nothingToDo(world, 'apply', { targets: '' })
  try {
    return await applyAll(world, environment)
  } finally {
    await environment.close()
  }
}

async function applyAll(world: World, environment: OpenEnvironment): Promise<Report> {
  const { runtime, request } = world
  const { system, state } = environment
  const { name } = system.environment
  const [{ openEngine }, { stackFolders }, { approvedStacks }] = await Promise.all([
    import('./infrastructure/engine.ts'),
    import('./infrastructure/stack-folders.ts'),
    import('./apply/approved.ts'),
  ])
  // Nothing is compiled again: a plan is applied as it was made.
  const folders = await stackFolders(runtime.files, state)
  const { stacks, deferred } = await approvedStacks(runtime.files, state, name, folders)
  const changed = stacks.filter(({ changes }) => changes)
  if (request.dryRun) {
    const names = changed.map(({ stack }) => stack.name)
    return report(`would apply ${list(names)}`, { targets: '' }, names)
  }
  const engine = await openEngine(runtime, join(state, 'plugins'))
  const outputs = await applyStacks(world, engine, stacks)
  const path = await writeTargets(world, environment, outputs)
  const names = changed.map(({ stack }) => stack.name)
  const done = report(`applied ${list(names)}`, { targets: path }, names)
  if (deferred.length === 0) return done
  return {
    ...done,
    outcome: 'refused',
    message: `${done.message}; ${list(deferred)} need a plan of their own, with what is known now`,
    remedy: 'run plan and apply again',
  }
}

/** A saved plan is gone as soon as it is used: nobody applies it twice. */
async function applyStacks(
  { runtime }: World,
  engine: EngineRun,
  stacks: readonly ApprovedStack[],
): Promise<readonly StackOutput[]> {
  const outputs: StackOutput[] = []
  for (const { stack, file, changes } of stacks) {
    await engine.init(stack)
    if (changes) {
      await engine.apply(stack, file)
      await runtime.files.remove(file)
    }
    outputs.push({ stack: stack.name, value: await engine.output(stack) })
  }
  return outputs
}

/** Absolute path; empty as long as no stack has said where the ledger is. */
async function writeTargets(
  { runtime }: World,
  environment: OpenEnvironment,
  outputs: readonly StackOutput[],
): Promise<string> {
  const [{ mergeTargets }, { publish }] = await Promise.all([
    import('./apply/merge-targets.ts'),
    import('./apply/publish.ts'),
  ])
  const targets = mergeTargets(outputs)
  if (targets === undefined) return ''
  const path = join(environment.state, 'targets.json')
  await runtime.files.write(path, `${JSON.stringify(targets, undefined, 2)}\n`)
  await publish(environment, targets)
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
