import { SluiceError } from '../../domain/error.ts'
import type { ApprovalFile, Approver, StackApproval } from '../../domain/plans/approval.ts'
import type { Secret } from '../../domain/secret.ts'
import { planId } from '../../plan/approval.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { EngineRun } from '../infrastructure/engine.ts'
import { beginJournal } from '../infrastructure/journal.ts'
import { writeApproval } from '../infrastructure/saved-plans.ts'
import { personOf, runLink, thisProcess } from '../rollout/identity.ts'
import type { StackOutput } from './merge-targets.ts'
import type { ReadyStack } from './verify.ts'

export interface Work {
  readonly state: string
  readonly approval: ApprovalFile
  /** undefined where there is nothing to approve: no stack changes. */
  readonly approver: Approver | undefined
  readonly key: Secret
}

/**
 * Applies stack by stack. Who approved is on the disk before the first, and that a stack is being applied before it is: a
 * second run of the same plan finds that, wherever this one ends. A cancel stops between two stacks.
 */
export async function carryOut(
  runtime: Runtime,
  engine: EngineRun,
  stacks: readonly ReadyStack[],
  { state, approval, approver, key }: Work,
): Promise<readonly StackOutput[]> {
  let { stacks: records } = approval
  const note = async (change: (record: StackApproval) => StackApproval): Promise<void> => {
    records = records.map(change)
    await writeApproval(runtime.files, state, { ...approval, stacks: records }, key)
  }
  await note((record) => ({ ...record, approved: approver ?? null }))
  const outputs: StackOutput[] = []
  for (const ready of stacks) {
    const { stack, file, changes } = ready
    runtime.signals.cancelled.throwIfAborted()
    if (changes) {
      const at = new Date(runtime.clock.now()).toISOString()
      const applied = (value: string | null) =>
        note((record) => (record.stack === stack.name ? { ...record, applied: value } : record))
      await applied(at)
      try {
        await written(runtime, engine, ready, { state, plan: planId(approval.fingerprint), at })
      } catch (error) {
        // The engine did nothing: the same plan may be tried again.
        if (error instanceof SluiceError && error.outcome === 'locked') await applied(null)
        throw error
      }
      await runtime.files.remove(file)
    }
    outputs.push({ stack: stack.name, value: await engine.output(stack) })
  }
  return outputs
}

/** Applies one stack with its journal. */
async function written(
  runtime: Runtime,
  engine: EngineRun,
  { stack, file, plan: { changes } }: ReadyStack,
  { state, plan, at }: { readonly state: string; readonly plan: string; readonly at: string },
): Promise<void> {
  const journal = await beginJournal(runtime.files, state, {
    kind: 'begin',
    stack: stack.name,
    plan,
    at,
    by: personOf(runtime),
    run: runLink(runtime),
    process: await thisProcess(runtime),
    changes: changes.map(({ address, action }) => ({ address, action })),
  })
  try {
    await engine.apply(stack, file, journal)
  } catch (error) {
    await journal.end('failed')
    throw error
  }
  await journal.end('done')
}
