import type { ApprovalFile, StackApproval } from '../../domain/plans/approval.ts'
import type { Secret } from '../../domain/secret.ts'
import type { System } from '../../domain/system/system.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { digestOfFile } from '../infrastructure/bind.ts'
import { configurationDigest } from '../infrastructure/configuration-digest.ts'
import { planKey } from '../infrastructure/plan-key.ts'
import { approvalPath, planPath, readApproval } from '../infrastructure/saved-plans.ts'
import type { StackFolder } from '../infrastructure/stack-folders.ts'
import { checkLanded } from './landed.ts'
import { StalePlan } from './refusal.ts'

/** A stack with its record, and the saved plan whose bytes are those of the record. */
export interface RecordedStack {
  readonly stack: StackFolder
  readonly record: StackApproval
  /** Absolute path. */
  readonly file: string
}

export interface Recorded {
  readonly approval: ApprovalFile
  readonly key: Secret
  readonly stacks: readonly RecordedStack[]
  /** The first stack that the plan left for later, and all after it. */
  readonly deferred: readonly string[]
}

/**
 * What the last plan left here, compared by its bytes before any engine reads it (promise R14): the record by its seal, each
 * saved plan and the configuration that it was made of by their digests.
 *
 * @throws StalePlan, which names what differs.
 */
export async function recordedStacks(
  runtime: Runtime,
  state: string,
  system: System,
  folders: readonly StackFolder[],
): Promise<Recorded> {
  const { files } = runtime
  await checkLanded(files, state, ['approval.json', 'plans', 'stacks'])
  const { name } = system.environment
  const there = await files.stat(approvalPath(state))
  const key = there === undefined ? undefined : await planKey(runtime, state, false)
  const approval = key === undefined ? undefined : await readApproval(files, state, key)
  if (approval === undefined || key === undefined)
    throw new StalePlan('stale', `environment ${name} has no saved plan`)
  if (approval.environment !== name || approval.system !== system.name) {
    const of = `${approval.system} in ${approval.environment}`
    throw new StalePlan('stale', `the plan is one of ${of}, and not of ${system.name} in ${name}`)
  }
  const done = approval.stacks.find(({ applied }) => applied !== null)
  if (done !== undefined) {
    throw new StalePlan('replayed', `the plan of stack ${done.stack} was applied at ${done.applied}`)
  }
  const stacks: RecordedStack[] = []
  for (const record of approval.stacks) {
    const stack = folders.find((folder) => folder.name === record.stack)
    if (stack === undefined) throw new StalePlan('stale', `the plan has a stack ${record.stack} that is gone`)
    const file = planPath(state, stack.name)
    const { plan, configuration } = record.bound
    same(
      `configuration of stack ${stack.name}`,
      'configuration',
      configuration,
      await configurationDigest(files, stack.folder),
    )
    same(`plan file of stack ${stack.name}`, 'plan', plan, await digestOfFile(runtime, file))
    stacks.push({ stack, record, file })
  }
  const planned = new Set(stacks.map(({ stack }) => stack.name))
  return {
    approval,
    key,
    stacks,
    deferred: folders.map(({ name }) => name).filter((name) => !planned.has(name)),
  }
}

function same(what: string, field: string, was: string, is: string | undefined): void {
  if (is === was) return
  if (is === undefined) throw new StalePlan('replayed', `the ${what} is gone: it was applied, or never made`)
  throw new StalePlan('stale', `the ${what} is ${is}, and was ${was}`, { differences: [{ field, was, is }] })
}
