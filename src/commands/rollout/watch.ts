import { bug } from '../../domain/error.ts'
import type { Check } from '../../domain/system/rollout-policy.ts'
import type { Observer } from '../../providers/ports/observer.ts'
import type { ServiceStatus } from '../../providers/ports/services.ts'
import {
  type CheckAnswer,
  judgeAlarm,
  judgeErrorRate,
  judgeLatency,
  judgeProbes,
  worst,
} from '../../release/check.ts'
import { checkedServices, describeCheck } from '../../release/check-plan.ts'
import { judgeReady } from '../../release/serving.ts'
import { jittered } from '../../runtime/poll.ts'
import { persist, unfit } from './failure.ts'
import { probeRevision } from './probe.ts'
import type { Site } from './site.ts'
import type { Staged } from './stage.ts'

const BETWEEN_LOOKS = 12_000

/**
 * Watches the new revisions for the bake time of one step. A revision that stops being healthy or a check that fails
 * ends it at once; at the end every check must have passed on its last round: no data never promotes (promise R31).
 *
 * @throws SluiceError rolled-back with what was seen.
 */
export async function watchStep(site: Site, staged: readonly Staged[], signal: AbortSignal): Promise<void> {
  const { runtime, system, provider } = site
  const began = runtime.clock.now()
  const end = began + system.rollout.bake
  for (;;) {
    const round = await lookOnce(site, staged, began, signal)
    const failed = round.find(({ answer }) => answer.says === 'fail')
    if (failed !== undefined) throw unfit(`check "${failed.check}" failed: ${failed.answer.why}`)
    const left = end - runtime.clock.now()
    if (left <= 0) {
      const open = round.find(({ answer }) => answer.says !== 'pass')
      if (open === undefined) return
      throw unfit(`check "${open.check}" is inconclusive, and no data never promotes: ${open.answer.why}`)
    }
    const seldom = Math.max(provider.services.pace?.every ?? 0, system.rollout.bake / 4)
    const pause = jittered(Math.min(BETWEEN_LOOKS, seldom), runtime.random)
    await runtime.clock.sleep(Math.min(left, pause), signal)
  }
}

interface Seen {
  readonly check: string
  readonly answer: CheckAnswer
}

async function lookOnce(
  site: Site,
  staged: readonly Staged[],
  began: number,
  signal: AbortSignal,
): Promise<readonly Seen[]> {
  const statuses = new Map<string, ServiceStatus>()
  for (const { action, revision, models } of staged) {
    const status = await describe(site, action.service.name, signal)
    statuses.set(action.service.name, status)
    const ours = status.revisions.find((one) => one.id === revision)
    if (ours === undefined) throw unfit(`revision ${revision} of ${action.service.name} is gone`)
    if (ours.held === true) continue
    const state = judgeReady({ image: action.image, models }, ours)
    if (state.kind !== 'deployed' && state.kind !== 'idle') {
      throw unfit(
        `${action.service.name} is not healthy any more: ${'why' in state ? state.why : state.kind}`,
      )
    }
  }
  const seen: Seen[] = []
  for (const check of site.system.rollout.checks) {
    const answer = await answerOf(site, check, staged, { began, statuses, signal })
    if (answer !== undefined) seen.push({ check: describeCheck(check), answer })
  }
  return seen
}

interface Round {
  /** When this step began. */
  readonly began: number
  /** Of every service of the release, as this round has seen it. */
  readonly statuses: ReadonlyMap<string, ServiceStatus>
  readonly signal: AbortSignal
}

/** undefined where the check looks only at services that this release leaves alone. */
async function answerOf(
  site: Site,
  check: Check,
  staged: readonly Staged[],
  { began, statuses, signal }: Round,
): Promise<CheckAnswer | undefined> {
  if (check.kind === 'alarm') {
    const observer = observerOf(site, check)
    return judgeAlarm(await ask(site, check, signal, () => observer.alarm(check.alarm)))
  }
  const names = new Set(checkedServices(site.system, check).map((service) => service.name))
  const answers: CheckAnswer[] = []
  for (const one of staged.filter(({ action }) => names.has(action.service.name))) {
    const { action, revision } = one
    const status = statuses.get(action.service.name)
    if (status === undefined) throw bug(`${action.service.name} was not looked at`)
    // Not started before its traffic comes: nothing of it answers yet.
    if (status.revisions.some(({ id, held }) => id === revision && held === true)) continue
    const { says, why } = await answerOfOne(site, check, one, status, { began, signal })
    answers.push({ says, why: `${action.service.name}: ${why}` })
  }
  return answers.length === 0 ? undefined : worst(answers)
}

async function answerOfOne(
  site: Site,
  check: Exclude<Check, { kind: 'alarm' }>,
  staged: Staged,
  status: ServiceStatus,
  { began, signal }: Pick<Round, 'began' | 'signal'>,
): Promise<CheckAnswer> {
  const { action, revision } = staged
  switch (check.kind) {
    case 'http':
      return judgeProbes(check, await probeRevision(site, check, status, revision, signal))
    case 'error-rate':
      return errorRate(site, check, staged, began, signal)
    case 'latency': {
      const observer = observerOf(site, check)
      const look = () => observer.latency(action.service.name, revision, began)
      return judgeLatency(check, await ask(site, check, signal, look))
    }
    default:
      return check satisfies never
  }
}

/**
 * Errors of the new revision since this step began against those of the one before, whose traffic of one bake time earlier
 * counts too: at 100 % it has no other. Where nothing was before, it is held against a service that never fails.
 */
async function errorRate(
  site: Site,
  check: Extract<Check, { kind: 'error-rate' }>,
  { action, revision }: Staged,
  began: number,
  signal: AbortSignal,
): Promise<CheckAnswer> {
  const observer = observerOf(site, check)
  const { service, from } = action
  const count = (id: string, since: number) =>
    ask(site, check, signal, () => observer.requests(service.name, id, since))
  const next = await count(revision, began)
  if (from === null) return judgeErrorRate(check, next === undefined ? next : { ...next, errors: 0 }, next)
  return judgeErrorRate(check, await count(from.id, began - site.system.rollout.bake), next)
}

function observerOf({ provider }: Site, check: Check): Observer {
  const { observer } = provider
  if (check.kind !== 'http' && observer?.kinds.includes(check.kind) === true) return observer
  throw bug(`check "${describeCheck(check)}" should have been refused before the start`)
}

function ask<T>({ runtime }: Site, check: Check, signal: AbortSignal, look: () => Promise<T>): Promise<T> {
  const limits = { deadline: runtime.clock.now() + LOOK, signal }
  return persist(runtime, `looking at check "${describeCheck(check)}"`, limits, look)
}

/** One look at a service may take this long, brief failures of the platform included. */
const LOOK = 60_000

function describe({ runtime, provider }: Site, service: string, signal: AbortSignal): Promise<ServiceStatus> {
  const time = Math.max(LOOK, provider.services.pace?.patience ?? 0)
  const limits = { deadline: runtime.clock.now() + time, signal }
  return persist(runtime, `looking at ${service}`, limits, () => provider.services.describe(service))
}
