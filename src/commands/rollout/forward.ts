import { SluiceError } from '../../domain/error.ts'
import type { Release } from '../../domain/releases/release.ts'
import { waves } from '../../release/order.ts'
import { pastReleases, READY } from '../../release/past.ts'
import { judgeServing } from '../../release/serving.ts'
import { pollUntil } from '../../runtime/poll.ts'
import { isTransient, persist, unfit } from './failure.ts'
import type { Site } from './site.ts'
import { type Limits, type Staged, type Start, stageOne, waitReady } from './stage.ts'
import { watchStep } from './watch.ts'

/** What the way forward has done so far; the way back starts from it, wherever it stopped. */
export interface Course {
  readonly release: Release
  readonly starts: readonly Start[]
  /** In the order in which they were staged. */
  readonly staged: Staged[]
  /** Percent of the last step that was begun. */
  percent: number
}

/**
 * Stages every service at 0 %, waits until all are healthy, then moves the traffic of all of them step by step and
 * watches each step. Ends with 100 % on the new revisions, read back.
 *
 * @throws SluiceError with the outcome that the rollout shall have once the traffic is back.
 */
export async function goForward(
  site: Site,
  course: Course,
  steps: readonly number[],
  limits: Limits,
): Promise<void> {
  const { runtime, provider, ledger, by } = site
  const { release, starts, staged } = course
  const progress = (text: string, done: number): void =>
    runtime.log.emit({
      kind: 'progress',
      task: 'rollout',
      state: 'running',
      text,
      done,
      total: 100,
      unit: 'percent',
    })
  const note = (percent: string): Promise<void> => {
    const { id, sequence } = release
    return persist(runtime, 'writing to the ledger', limits, () =>
      ledger.note({ kind: 'step', release: id, sequence, by, detail: percent }),
    )
  }
  const begin = runtime.clock.now()
  const isRemote = provider.services.pace !== undefined
  const { starts: past, shifts: usual } = isRemote
    ? await pastReleases(ledger, release.sequence)
    : { starts: [], shifts: [] }
  for (const start of starts) {
    progress(`starting ${start.service.name} beside what is live`, 0)
    staged.push(await stageOne(site, start, release.id, limits))
  }
  for (const one of staged) {
    progress(`waiting until ${one.action.service.name} is healthy`, 0)
    await waitReady(site, one, limits, { begin, past })
  }
  // The next rollouts learn from it when to look.
  if (isRemote && starts.length > 0) await note(READY)
  for (const percent of starts.length === 0 ? [] : steps) {
    course.percent = percent
    for (const wave of waves(staged, ({ action }) => action.service))
      await shiftAll(site, wave, percent, { limits, usual: percent === steps[0] ? usual : [] })
    await note(`${percent} %`)
    progress(`traffic on release ${release.sequence}`, percent)
    await watchStep(site, staged, limits.signal)
    timeLeft(site, limits)
  }
  for (const one of staged) await verifyServing(site, one, limits)
}

/** All of them at once; when one fails the others are waited for, so that nothing acts beside the way back. */
async function shiftAll(
  { runtime, provider }: Site,
  wave: readonly Staged[],
  percent: number,
  { limits, usual }: { readonly limits: Limits; readonly usual: readonly number[] },
): Promise<void> {
  const ended = await Promise.allSettled(
    wave.map(({ action, revision }) => {
      const { name } = action.service
      // Where nothing serves there is nobody to share with.
      const share = action.from === null ? 100 : percent
      return persist(runtime, `shifting ${name} to ${share} %`, limits, () =>
        provider.services.shift(name, revision, share, usual),
      )
    }),
  )
  const failed = ended.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

function timeLeft({ runtime, system }: Site, { deadline }: Limits): void {
  if (runtime.clock.now() < deadline) return
  throw new SluiceError('timed-out', 'user', {
    what: `the rollout was not over within ${system.rollout.timeout / 1000} s`,
    rule: 'rollout.timeout covers start, every step and its bake time',
    remedy: 'raise rollout.timeout, or shorten rollout.bake',
  })
}

/** Time for the platform to report what it has been told. */
const SETTLING = 60_000

async function verifyServing(site: Site, staged: Staged, limits: Limits): Promise<void> {
  const { runtime, provider, system } = site
  const { action, revision, release, models } = staged
  const { name } = action.service
  let why = 'it was not looked at'
  const ended = await pollUntil(
    runtime,
    async () => {
      const status = await provider.services.describe(name)
      const serving = judgeServing({ image: action.image, models, release }, revision, status)
      if (serving.kind !== 'waiting') return serving
      why = serving.why
      return undefined
    },
    {
      every: provider.services.pace?.every ?? 250,
      deadline: Math.min(limits.deadline, runtime.clock.now() + SETTLING),
      signal: limits.signal,
      bear: { transient: isTransient, inARow: 4 },
    },
  )
  if (ended === 'timed-out') throw unfit(`${name} does not serve: ${why}`)
  const serving = ended.found
  switch (serving.kind) {
    case 'deployed':
      return
    case 'idle':
      if (system.rollout.allowZero) return
      throw unfit(`${name} has no instance to run`)
    case 'wrong':
      throw unfit(`${name}: ${serving.why}`)
    case 'superseded':
      throw new SluiceError('stale', 'user', {
        what: `${name} is superseded by revision ${serving.by} of somebody else`,
        rule: 'deployed is said only of our own revision',
        remedy: 'see "sluice operate status"; find out who deploys beside Sluice',
      })
    default:
      return serving satisfies never
  }
}
