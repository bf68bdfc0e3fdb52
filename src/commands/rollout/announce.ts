import { SluiceError } from '../../domain/error.ts'
import { given } from '../../domain/given.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { Deployment, DeploymentState } from '../../github/deployments.ts'
import type { RolloutPlan } from '../../release/plan.ts'
import { message } from '../../runtime/events.ts'
import { runLink } from './identity.ts'
import type { Site } from './site.ts'

/** A rollout that stands on GitHub as a deployment of its environment. */
export interface Announced {
  /** @param url where the environment answers; empty where it has no address. */
  ended(outcome: Outcome, url: string): Promise<void>
}

/** States that the next release takes the place of. */
const CURRENT: readonly DeploymentState[] = ['pending', 'queued', 'in_progress', 'success']

/**
 * Shows the rollout on GitHub: a deployment of this commit in this environment, in progress. One that a killed run has left of the
 * same release is gone on with. A record is no part of the work: where it cannot be written there is a warning.
 */
export async function announce(site: Site, { id, content }: RolloutPlan): Promise<Announced> {
  const { deployments } = site
  const silent: Announced = { ended: async () => {} }
  if (deployments === undefined || !/^[0-9a-f]{40}$/.test(content.commit)) return silent
  const { name: environment } = site.system.environment
  const begun = await attempt(site, async () => {
    const recent = await deployments.recent(environment)
    const [last] = recent
    const ours =
      last?.release === id && (await deployments.stateOf(last)) !== 'success'
        ? last
        : await deployments.create({ environment, commit: content.commit, release: id, description: BY })
    const log = runLink(site.runtime) ?? undefined
    await deployments.say(ours, { state: 'in_progress', ...given({ log }) })
    return { ours, recent }
  })
  if (begun === undefined) return silent
  return {
    ended: async (outcome, url) => {
      await attempt(site, () => end(site, begun.ours, begun.recent, outcome, url))
    },
  }
}

/** What a killed run could not say of the release that is live. */
export async function announceLive(site: Site, release: string, url: string): Promise<void> {
  const { deployments } = site
  if (deployments === undefined) return
  await attempt(site, async () => {
    const recent = await deployments.recent(site.system.environment.name)
    const [last] = recent
    if (last?.release !== release || (await deployments.stateOf(last)) !== 'in_progress') return
    await end(site, last, recent, 'done', url)
  })
}

const BY = 'sluice rollout'

async function end(
  { deployments, runtime }: Site,
  ours: Deployment,
  recent: readonly Deployment[],
  outcome: Outcome,
  url: string,
): Promise<void> {
  const log = runLink(runtime) ?? undefined
  const done = outcome === 'done'
  const state = done ? 'success' : 'failure'
  const shown = done && url !== '' ? { url } : {}
  await deployments?.say(ours, { state, description: outcome, ...shown, ...given({ log }) })
  // What was before serves on after a failure, and is nothing any more after a success.
  for (const one of done ? recent : []) {
    if (one.id === ours.id) continue
    if (!CURRENT.includes((await deployments?.stateOf(one)) ?? 'inactive')) break
    await deployments?.say(one, { state: 'inactive' })
  }
}

async function attempt<T>({ runtime }: Site, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    const denied = error instanceof SluiceError && error.outcome === 'cannot-observe'
    const remedy = denied ? '; give the job the permission "deployments: write"' : ''
    runtime.log.emit(
      message('warning', `the deployment is not shown on GitHub: ${(error as Error).message}${remedy}`),
    )
    return undefined
  }
}
