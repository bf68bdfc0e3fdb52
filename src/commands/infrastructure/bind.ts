import { type Digest, digestOf } from '../../domain/digest.ts'
import type { Bound } from '../../domain/plans/approval.ts'
import type { System } from '../../domain/system/system.ts'
import { type GuardVerdict, rulesOf } from '../../plan/guard.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { type Circumstances, circumstancesOf } from './circumstances.ts'
import { configurationDigest } from './configuration-digest.ts'
import type { EngineRun } from './engine.ts'
import type { StackFolder } from './stack-folders.ts'

/** What is the same for all stacks of one plan. */
export interface Ground {
  readonly circumstances: Circumstances
  readonly owner: Pick<Bound['backend'], 'account' | 'region'>
  readonly rules: Digest
}

export async function groundOf(runtime: Runtime, root: string, system: System): Promise<Ground> {
  const { account, project, region } = system.environment
  return {
    circumstances: await circumstancesOf(runtime, root),
    owner: { account: account ?? project ?? null, region: region ?? null },
    rules: rulesOf(system.guards ?? {}),
  }
}

/** One stack as it is now: everything of {@link Bound} but what the guards say of all of them together. */
export type Seen = Omit<Bound, 'policy'>

/**
 * Looks at all that a plan is bound to; the stack is initialised. Of a stack that changes nothing the state is not asked
 * for: it may move on.
 */
export async function look(
  runtime: Runtime,
  engine: EngineRun,
  stack: StackFolder,
  ground: Ground,
  plan: { readonly file: Digest; readonly fingerprint: Digest; readonly changes: boolean },
): Promise<Seen> {
  const { backend, providers } = await engine.states.identify(stack, ground.owner)
  return {
    plan: plan.file,
    planJson: plan.fingerprint,
    configuration: await configurationDigest(runtime.files, stack.folder),
    backend,
    state: plan.changes ? await engine.states.version(stack) : { lineage: null, serial: null },
    engine: `${engine.engine.name} ${engine.engine.version}`,
    providers,
    ...ground.circumstances,
  }
}

export const bound = (seen: Seen, ground: Ground, verdict: GuardVerdict): Bound =>
  ({ ...seen, policy: { verdict, rules: ground.rules } }) as Bound

export async function digestOfFile(runtime: Runtime, path: string): Promise<Digest | undefined> {
  const bytes = await runtime.files.read(path)
  return bytes === undefined ? undefined : digestOf(bytes)
}
