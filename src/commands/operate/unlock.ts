import { hostname } from 'node:os'
import { join } from 'node:path'
import { usageError } from '../../domain/error.ts'
import type { Runs } from '../../domain/plans/approval.ts'
import { mayUnlock, type Owner } from '../../plan/unlock.ts'
import { isRunning } from '../../runtime/process-identity.ts'
import { heldBy, type LockHolder } from '../../tools/engine/lock.ts'
import type { Report, World } from '../command.ts'
import type { OpenEnvironment } from '../environment.ts'
import { openEngine } from '../infrastructure/engine.ts'
import { readJournal } from '../infrastructure/journal.ts'
import { stackFolders } from '../infrastructure/stack-folders.ts'
import { thisProcess } from '../rollout/identity.ts'
import { markdownTable } from '../rollout/show.ts'

export interface UnlockOptions {
  /** Only this stack; absent: all that are locked. */
  readonly stack?: string
  /** Do it, not only say it. */
  readonly yes: boolean
}

interface Held {
  readonly stack: string
  readonly holder: string
  readonly what: string
  readonly done: boolean
}

/** Gives back the locks of states whose owner is finished for certain, and no other (promise R18). */
export async function unlock(
  world: World,
  { state }: OpenEnvironment,
  { stack: only, yes }: UnlockOptions,
): Promise<Report> {
  const { runtime } = world
  const all = await stackFolders(runtime.files, state)
  const stacks = all.filter(({ name }) => only === undefined || name === only)
  if (stacks.length === 0)
    throw unknownStack(
      only,
      all.map(({ name }) => name),
    )
  const engine = await openEngine(runtime, join(state, 'plugins'))
  const held: Held[] = []
  for (const stack of stacks) {
    await engine.init(stack)
    const lock = await engine.states.holder(stack)
    if (lock === undefined) continue
    const may = mayUnlock(await ownerOf(world, state, stack.name, lock))
    const holder = heldBy(lock, runtime.clock.now())
    if ('refusal' in may) {
      held.push({ stack: stack.name, holder, what: [may.refusal, ...may.links].join(' '), done: false })
      continue
    }
    const act = yes && !world.request.dryRun
    if (act) await engine.states.unlock(stack, lock.id)
    held.push({
      stack: stack.name,
      holder,
      what: act ? `given back: ${may.because}` : may.because,
      done: act,
    })
  }
  return reportOf(held)
}

async function ownerOf(world: World, state: string, stack: string, lock: LockHolder): Promise<Owner> {
  const runs: Runs | undefined = world.runs ?? (await import('./runs.ts')).runsOnGitHub(world.runtime)
  return {
    local: await localOwner(world, state, stack, lock),
    runs: Number.isNaN(lock.created) ? undefined : await runs?.at(lock.created),
  }
}

/** By the journal of an apply on this machine, since its last start, that began before the lock was taken. */
async function localOwner(
  { runtime }: World,
  state: string,
  stack: string,
  { who, created }: LockHolder,
): Promise<Owner['local']> {
  const lines = await readJournal(runtime.files, state, stack)
  const begin = lines.find((line) => line.kind === 'begin')
  const process = lines.find((line) => line.kind === 'engine')
  const here = who.endsWith(`@${hostname()}`) && begin?.process.host === (await thisProcess(runtime)).host
  if (!here || begin === undefined || process === undefined || !(created >= Date.parse(begin.at)))
    return 'unknown'
  return (await isRunning(process, runtime.exec)) ? 'running' : 'ended'
}

function reportOf(held: readonly Held[]): Report {
  const table = markdownTable(
    ['stack', 'held by', ''],
    held.map(({ stack, holder, what }) => [stack, holder, what]),
  )
  const left = held.filter(({ done }) => !done)
  const message =
    held.length === 0
      ? 'no state is locked'
      : held.map(({ stack, holder, what }) => `${stack} is held by ${holder}: ${what}`).join('; ')
  return {
    command: 'operate',
    outcome: left.length === 0 ? 'done' : 'locked',
    message,
    ...(left.length === 0
      ? {}
      : {
          remedy:
            'where the owner has finished, --yes gives the lock back; otherwise wait for it, or cancel its run',
        }),
    outputs: { table: held.length === 0 ? '' : table },
    data: { locks: held },
    summary: held.length === 0 ? '' : `### Locks\n\n${table}\n`,
  }
}

function unknownStack(only: string | undefined, known: readonly string[]): Error {
  return usageError({
    what: only === undefined ? 'there are no stacks here' : `there is no stack ${only}`,
    rule: known.length === 0 ? 'synth or plan leaves them' : `stacks: ${known.join(', ')}`,
    remedy: known.length === 0 ? 'run "sluice synth"' : 'name one of these with --stack',
  })
}
