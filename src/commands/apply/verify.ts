import { usageError } from '../../domain/error.ts'
import type { StackPlan } from '../../domain/plans/plan.ts'
import { standing } from '../../plan/approval.ts'
import { type Finding, type Guarded, guardFindings, guardVerdict } from '../../plan/guard.ts'
import { message } from '../../runtime/events.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { isEncryptedPlan } from '../../tools/engine/encryption.ts'
import type { OpenEnvironment } from '../environment.ts'
import { bound, type Ground, look, type Seen } from '../infrastructure/bind.ts'
import type { EngineRun } from '../infrastructure/engine.ts'
import { hasChanges, judged } from '../infrastructure/plan-stacks.ts'
import type { StackFolder } from '../infrastructure/stack-folders.ts'
import type { Recorded, RecordedStack } from './approved.ts'
import { StalePlan } from './refusal.ts'

/** A stack that is as it was when it was planned, and the plan that does what was approved. */
export interface ReadyStack {
  readonly stack: StackFolder
  readonly file: string
  readonly plan: StackPlan
  readonly changes: boolean
}

export interface Verified {
  readonly stacks: readonly ReadyStack[]
  readonly findings: readonly Finding[]
}

interface Looked {
  readonly recorded: RecordedStack
  readonly guarded: Guarded
  readonly seen: Seen
}

/**
 * Recomputes every field of the record of every stack, before anything is applied (promise R13). Where only the state of a
 * stack has moved on, it is planned anew, and that plan is taken if it does the same.
 *
 * @throws StalePlan, which names each field that differs.
 */
export async function verifyStacks(
  runtime: Runtime,
  engine: EngineRun,
  environment: OpenEnvironment,
  { stacks }: Recorded,
  ground: Ground,
): Promise<Verified> {
  const looked: Looked[] = []
  for (const recorded of stacks) {
    runtime.signals.cancelled.throwIfAborted()
    looked.push(await lookAt(runtime, engine, environment, recorded, ground))
  }
  const guards = environment.system.guards ?? {}
  const findings = guardFindings(
    looked.map(({ guarded }) => guarded),
    guards,
  )
  const verdict = guardVerdict(findings)
  const judgements = looked.map(({ recorded, seen }) => ({
    recorded,
    standing: standing(recorded.record.bound, bound(seen, ground, verdict)),
  }))
  const differing = judgements.flatMap(({ recorded, standing }) =>
    standing.kind === 'differs'
      ? standing.differences.map((difference) => ({ stack: recorded.stack.name, ...difference }))
      : [],
  )
  if (differing.length > 0) {
    const list = differing.map(
      ({ stack, field, was, is }) => `${field} of stack ${stack} is ${is}, and was ${was}`,
    )
    throw new StalePlan('stale', list.join('; '), { differences: differing })
  }
  const ready: ReadyStack[] = []
  for (const [index, { recorded, standing }] of judgements.entries()) {
    const { stack, file, record } = recorded
    const plan = looked[index]?.guarded.plan
    if (plan === undefined) continue
    const same = { stack, file, plan, changes: record.changes }
    ready.push(standing.kind === 'moved' ? await planAnew(runtime, engine, same, standing) : same)
  }
  return { stacks: ready, findings }
}

async function lookAt(
  runtime: Runtime,
  engine: EngineRun,
  environment: OpenEnvironment,
  recorded: RecordedStack,
  ground: Ground,
): Promise<Looked> {
  const { stack, file, record } = recorded
  await refusePlain(runtime, engine, recorded)
  await engine.init(stack)
  const guarded = await judged(runtime, environment, (watch) => engine.show(stack, file, watch))
  const { fingerprint } = guarded.plan
  // By its bytes it is the plan of the record; the digest was compared before.
  const what = { file: record.bound.plan, fingerprint, changes: record.changes }
  return { recorded, guarded, seen: await look(runtime, engine, stack, ground, what) }
}

/** OpenTofu would say so as well; this says it before the engine reads a byte. */
async function refusePlain(
  { files }: Runtime,
  { engine }: EngineRun,
  { stack, file }: RecordedStack,
): Promise<void> {
  if (engine.name !== 'tofu') return
  const bytes = await files.read(file)
  if (bytes !== undefined && isEncryptedPlan(bytes)) return
  throw usageError({
    what: `the plan of stack ${stack.name} is not encrypted`,
    rule: 'OpenTofu applies encrypted plans alone',
    remedy: 'plan again',
  })
}

async function planAnew(
  runtime: Runtime,
  engine: EngineRun,
  approved: ReadyStack,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<ReadyStack> {
  const { stack, plan } = approved
  const file = `${approved.file}.anew`
  const fresh = await engine.plan(stack, file)
  if (fresh.fingerprint !== plan.fingerprint) {
    await runtime.files.remove(file)
    const moved = `the state of stack ${stack.name} has moved on from serial ${from} to ${to}`
    throw hasChanges(fresh)
      ? new StalePlan('stale', `${moved}, and the plan would do something else now`, {
          differences: [{ field: 'state.serial', was: from, is: to }],
        })
      : new StalePlan('replayed', `${moved}, and nothing of the plan is left to do`)
  }
  runtime.log.emit(
    message('notice', `the state of stack ${stack.name} has moved on, and a fresh plan does the same`),
  )
  return { ...approved, file, plan: fresh }
}
