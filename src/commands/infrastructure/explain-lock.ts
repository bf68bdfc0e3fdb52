import { StateLocked } from '../../tools/engine/failure.ts'
import type { World } from '../command.ts'

/** Adds links to the runs that may hold a lock, where GitHub can be asked; any other error is given back as it is. */
export async function explainLock(world: World, error: unknown): Promise<unknown> {
  if (!(error instanceof StateLocked) || error.holder === undefined || Number.isNaN(error.holder.created)) {
    return error
  }
  const runs = world.runs ?? (await import('../operate/runs.ts')).runsOnGitHub(world.runtime)
  // The lock is the news; that GitHub does not answer is none.
  const found = await runs?.at(error.holder.created).catch(() => [])
  const own = world.runtime.env['GITHUB_RUN_ID']
  const links = (found ?? []).filter(({ finished, id }) => !finished && id !== own).map(({ url }) => url)
  const [first] = error.problems
  return links.length === 0
    ? error
    : new StateLocked(`${first.what}; runs under way: ${links.join(', ')}`, error.holder)
}
