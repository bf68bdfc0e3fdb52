import type { Digest } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { ServedModel } from '../../domain/models/model.ts'
import { formatDuration } from '../../domain/quantity.ts'
import type { ServiceAction } from '../../release/plan.ts'
import { judgeReady } from '../../release/serving.ts'
import { message } from '../../runtime/events.ts'
import { pollUntil } from '../../runtime/poll.ts'
import { nextLook } from '../../runtime/watch-pace.ts'
import { isTransient, persist, unfit } from './failure.ts'
import type { Site } from './site.ts'

export type Start = Extract<ServiceAction, { kind: 'start' }>

/** A new revision that the platform has accepted. */
export interface Staged {
  readonly action: Start
  readonly revision: string
  readonly release: Digest
  readonly models: readonly ServedModel[]
}

export interface Limits {
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** One new revision at 0 %. */
export async function stageOne(site: Site, action: Start, release: Digest, limits: Limits): Promise<Staged> {
  const { service, image, models, sidecars } = action
  const revision = await persist(site.runtime, `staging ${service.name}`, limits, (waited) =>
    site.provider.services.stage(
      { service, image, models, release, ...(sidecars === undefined ? {} : { sidecars }) },
      waited,
    ),
  )
  return { action, revision, release, models }
}

/** When this release began, and how long earlier ones took to start. Milliseconds. */
export interface Before {
  readonly begin: number
  readonly past: readonly number[]
}

/** A platform that takes minutes is looked at when it usually is ready, and soon after a sign of trouble; this machine at once. */
function paceOf(
  { runtime, provider }: Site,
  { begin, past }: Before,
  isTroubled: () => boolean,
): number | (() => number) {
  const { pace } = provider.services
  if (pace === undefined) return 250
  return () =>
    isTroubled() ? pace.every : nextLook(runtime.clock.now() - begin, { past, frugal: pace.frugal ?? false })
}

/** Milliseconds after which whoever waits is told, once, what a start suffers from; its end comes with all reasons. */
const PATIENCE = 15_000

/** Looks in a row that find nothing running and a reason, before a start is given up. */
const HOPELESS = 5

/**
 * Waits until a staged revision runs what was asked and is healthy.
 *
 * @throws SluiceError rolled-back where it does not become so within `rollout.start-timeout`, refused where it stays idle.
 */
export async function waitReady(
  site: Site,
  staged: Staged,
  limits: Limits,
  before: Before = { begin: site.runtime.clock.now(), past: [] },
): Promise<void> {
  const { runtime, provider, system } = site
  const { name } = staged.action.service
  let last = 'the platform has not reported it'
  let hopeless = 0
  let told = false
  const patient = runtime.clock.now() + PATIENCE
  const look = async (): Promise<'ready' | 'idle' | { wrong: string } | undefined> => {
    const status = await provider.services.describe(name, staged.revision)
    const ours = status.revisions.find((one) => one.id === staged.revision)
    if (ours === undefined) return undefined
    // The platform starts it with its traffic: there is nothing to try before.
    if (ours.held === true) return 'ready'
    const state = judgeReady({ image: staged.action.image, models: staged.models }, ours)
    switch (state.kind) {
      case 'deployed':
        return 'ready'
      case 'idle':
        return 'idle'
      case 'wrong':
        return { wrong: state.why }
      case 'superseded':
        return { wrong: `superseded by ${state.by}` }
      case 'waiting':
        last = state.why
        if (ours.trouble !== null && !told && runtime.clock.now() >= patient) {
          told = true
          runtime.log.emit(message('notice', `${name} is not healthy yet: ${state.why}`))
        }
        hopeless = ours.running === 0 && ours.trouble !== null ? hopeless + 1 : 0
        return hopeless >= HOPELESS ? { wrong: state.why } : undefined
      default:
        return state satisfies never
    }
  }
  const start = runtime.clock.now() + system.rollout.startTimeout
  const ended = await pollUntil(runtime, look, {
    every: paceOf(site, before, () => hopeless > 0),
    deadline: Math.min(start, limits.deadline),
    signal: limits.signal,
    bear: { transient: isTransient, inARow: 4 },
  })
  if (ended === 'timed-out') {
    if (limits.deadline <= start) {
      throw new SluiceError('timed-out', 'user', {
        what: `${name} was not healthy when the time for the rollout was over: ${last}`,
        rule: 'rollout.timeout covers start, every step and its bake time',
        remedy: 'raise rollout.timeout, or find out why it starts slowly',
      })
    }
    throw unfit(
      `${name} did not become healthy within ${formatDuration(system.rollout.startTimeout)}: ${last}`,
    )
  }
  if (ended.found === 'ready' || (ended.found === 'idle' && system.rollout.allowZero)) return
  if (ended.found !== 'idle') throw unfit(`${name}: ${ended.found.wrong}`)
  throw new SluiceError('refused', 'user', {
    what: `${name} has no instance to run`,
    rule: 'a release is deployed only where it runs',
    remedy: 'raise its scale, resume it, or set rollout.allow-zero',
  })
}
