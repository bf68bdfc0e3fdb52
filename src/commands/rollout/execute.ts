import type { Outcome } from '../../domain/outcome.ts'
import type { Release } from '../../domain/releases/release.ts'
import type { AliasMove, RolloutPlan } from '../../release/plan.ts'
import { message } from '../../runtime/events.ts'
import { moveChampion, recordForced, restoreChampion } from './champion.ts'
import { type Failure, failureOf, persist } from './failure.ts'
import { type Course, goForward } from './forward.ts'
import { type Retreat, retreat } from './retreat.ts'
import type { Site } from './site.ts'
import type { Limits, Start } from './stage.ts'
import type { Survey } from './survey.ts'

/** How the rollout of a plan ended. */
export interface Ended {
  readonly outcome: Outcome
  readonly release: Release
  readonly why: string
  readonly remedy: string | undefined
}

/** Time to finish what is live already; a cancel does not cut it short. */
const FINISHING = 120_000

/**
 * Does what the plan says, under the lock. Every step may be repeated: a run that was killed anywhere is taken up by the
 * next one (promise R28). Until the aliases have moved a failure brings everything back; from then on it goes on.
 */
export async function execute(
  site: Site,
  plan: RolloutPlan,
  { live, unfinished }: Pick<Survey, 'live' | 'unfinished'>,
  lost: AbortSignal,
): Promise<Ended> {
  const { runtime, ledger, provider, by } = site
  const { clock, signals } = runtime
  const limits: Limits = {
    deadline: clock.now() + plan.policy.timeout,
    signal: AbortSignal.any([signals.cancelled, lost]),
  }
  const forced = plan.forced === undefined ? {} : { forced: plan.forced }
  const release =
    plan.live?.id === plan.id
      ? plan.live
      : await persist(runtime, 'writing to the ledger', limits, () =>
          ledger.record(plan.content, { by, live: live?.value, ...forced }),
        )
  const starts = plan.actions.filter((action): action is Start => action.kind === 'start')
  const course: Course = { release, starts, staged: [], percent: 0 }
  /** Tried, though perhaps without an answer. */
  const moved: AliasMove[] = []
  const note = (kind: 'started' | 'live' | 'rolled-back' | 'failed', detail?: string): Promise<void> =>
    ledger.note({
      kind,
      release: release.id,
      sequence: release.sequence,
      by,
      ...(detail === undefined ? {} : { detail }),
    })
  try {
    await persist(runtime, 'writing to the ledger', limits, () => note('started'))
    for (const { service, revision } of plan.unsettled) {
      await persist(runtime, `settling ${service}`, limits, () => provider.services.settle(service, revision))
    }
    if (unfinished && live !== undefined && release !== plan.live) {
      const { id, sequence } = live.value
      await ledger.note({ kind: 'live', release: id, sequence, by, detail: 'seen by the next release' })
    }
    for (const { service, revision } of plan.leftovers) {
      runtime.log.emit(message('notice', `${service}: taking back what an interrupted rollout left`))
      await persist(runtime, `reverting ${service}`, limits, () =>
        provider.services.revert(service, revision),
      )
    }
    await goForward(site, course, plan.steps, limits)
    limits.signal.throwIfAborted()
    // From here a cancel comes too late: a swap that is cut off would leave it open what is live.
    const finishing = { deadline: clock.now() + FINISHING }
    if (release !== plan.live) {
      await persist(runtime, 'going live', finishing, () => ledger.goLive(release, live))
    }
    for (const alias of plan.aliases) {
      moved.push(alias)
      const person = plan.forced
      if (person !== undefined) {
        await persist(runtime, 'recording who forced it', finishing, () =>
          recordForced(provider.models, alias, person, release.id),
        )
      }
      await persist(runtime, 'moving the champion', finishing, () => moveChampion(provider.models, alias))
    }
  } catch (error) {
    if (lost.aborted) return { ...failureOf(lost.reason, lost), outcome: 'locked', release }
    const failure = failureOf(error, signals.cancelled)
    const back = await goBack(site, course, moved, plan.live)
    const ended = endOf(failure, back, course)
    const kind = ended.outcome === 'rollback-failed' ? 'failed' : 'rolled-back'
    await note(kind, ended.why).catch((cause: unknown) => {
      runtime.log.emit(message('warning', `the ledger was not told: ${(cause as Error).message}`))
    })
    return { ...ended, release }
  }
  await finish(site, plan, course, () => note('live'))
  return { outcome: 'done', release, why: `release ${release.sequence} is live`, remedy: undefined }
}

/** The release is live: drains what was before it, stops what sluice.yml no longer has, and says so in the ledger. */
async function finish(
  site: Site,
  plan: RolloutPlan,
  { staged }: Course,
  noteLive: () => Promise<void>,
): Promise<void> {
  const { runtime, provider } = site
  const { pace } = provider.services
  const limits = { deadline: runtime.clock.now() + Math.max(FINISHING, pace?.patience ?? 0) }
  for (const { action, revision } of staged) {
    const { name } = action.service
    await persist(runtime, `settling ${name}`, limits, () => provider.services.settle(name, revision))
  }
  for (const action of plan.actions) {
    if (action.kind !== 'remove') continue
    await persist(runtime, `stopping ${action.name}`, limits, () => provider.operations.pause(action.name))
  }
  await persist(runtime, 'writing to the ledger', limits, noteLive)
}

async function goBack(
  site: Site,
  course: Course,
  moved: readonly AliasMove[],
  previous: Release | undefined,
): Promise<Retreat> {
  const { runtime, provider } = site
  runtime.log.emit(message('notice', `going back: release ${course.release.sequence} did not go live`))
  const known = new Set(course.staged.map((one) => one.action.service.name))
  const open = course.starts.filter((action) => !known.has(action.service.name))
  /** Why it is not known whether the one that was being staged has begun. */
  let unseen: string | undefined
  for (const action of open) {
    // Its answer may have been lost: what the platform has of this release goes as well.
    const status = await provider.services.describe(action.service.name).catch((error: unknown) => {
      if (action === open[0]) unseen = (error as Error).message
      return undefined
    })
    const half = status?.revisions.find(
      (one) => one.release === course.release.id && one.id !== action.from?.id,
    )
    if (half === undefined) continue
    course.staged.push({ action, revision: half.id, release: course.release.id, models: action.models })
  }
  const back = await retreat(site, course.staged)
  try {
    for (const alias of moved.toReversed()) await restoreChampion(provider.models, alias)
    await restoreLive(site, course.release, previous)
    return unseen === undefined ? back : { kind: 'failed', why: unseen }
  } catch (error) {
    return { kind: 'failed', why: (error as Error).message }
  }
}

/** Where live.json names this release already, it names the previous one again, or is gone if there was none. */
async function restoreLive(
  { ledger, provider }: Site,
  release: Release,
  previous: Release | undefined,
): Promise<void> {
  if (previous?.sequence === release.sequence) return
  const now = await ledger.live()
  if (now?.value.sequence !== release.sequence) return
  if (previous !== undefined) await ledger.goLive(previous, now)
  else await provider.objects.remove(`${ledger.uri}live.json`)
}

function endOf(failure: Failure, back: Retreat, { release, percent }: Course): Omit<Ended, 'release'> {
  const at = percent === 0 ? '' : ` at ${percent} %`
  const why = `release ${release.sequence} stopped${at}: ${failure.why}`
  // A remote service that gave up on the way: what counts is where the traffic is now.
  const plain = failure.outcome === 'external' ? 'rolled-back' : failure.outcome
  switch (back.kind) {
    case 'untouched':
      return { ...failure, why: `${why}; nothing had been moved` }
    case 'verified':
      return { ...failure, outcome: plain, why: `${why}; the release before serves again, verified` }
    case 'nothing-before': {
      const none = `nothing served ${back.services.join(', ')} before, so nothing does now`
      return {
        ...failure,
        outcome: plain === 'rolled-back' ? 'rollback-failed' : plain,
        why: `${why}; ${none}`,
      }
    }
    case 'failed':
      return {
        outcome: failure.outcome === 'cannot-observe' ? 'cannot-observe' : 'rollback-failed',
        why: `${why}; going back failed: ${back.why}`,
        remedy: 'see "sluice operate status" and "sluice operate logs", then roll out or roll back again',
      }
    default:
      return back satisfies never
  }
}
