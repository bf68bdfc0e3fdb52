import { SluiceError } from '../../domain/error.ts'
import type { Secret } from '../../domain/secret.ts'
import type { World } from '../command.ts'

const PINNED = 'what is planned is the commit that was granted'

/**
 * Holds a run to the commit that a command was granted for: the files here are of it, and it is still the newest of an open
 * pull request (promise R8).
 *
 * @param sha 40 hex digits.
 * @throws SluiceError stale, where somebody pushed in between; cannot-observe, where GitHub does not say.
 */
export async function holdTo(world: World, sha: string, token: Secret | undefined): Promise<void> {
  const { runtime } = world
  const [{ pullRequestOfEvent }, { openGitHub }, { pullRequestsOf }] = await Promise.all([
    import('../../github/event.ts'),
    import('../../github/open.ts'),
    import('../../github/pull-requests.ts'),
  ])
  const { PATH, HOME } = runtime.env
  const git = await runtime.exec.run(['git', 'rev-parse', 'HEAD'], {
    cwd: runtime.cwd,
    env: { PATH, HOME, LC_ALL: 'C' },
    timeout: 30_000,
  })
  const here = git.stdout.trim()
  if (git.code !== 0 || here !== sha) {
    throw stale(`the files here are of commit ${here || 'none that git knows'}, not of ${sha}`)
  }
  const event = await pullRequestOfEvent(runtime.files, runtime.env)
  if (event === undefined || token === undefined) {
    throw new SluiceError('cannot-observe', 'user', {
      what: event === undefined ? 'this run is about no pull request' : 'there is no github-token',
      rule: PINNED,
      remedy: 'give head only in runs that a comment on a pull request started, with github-token',
    })
  }
  const pull = await pullRequestsOf(openGitHub(runtime, token)).get(event.number)
  if (pull.state !== 'open') throw stale(`pull request ${event.number} is closed`)
  if (pull.headSha !== sha)
    throw stale(`pull request ${event.number} is at ${pull.headSha} now, not at ${sha}`)
}

function stale(what: string): SluiceError {
  return new SluiceError('stale', 'user', {
    what,
    rule: PINNED,
    remedy: 'comment again, for what is there now',
  })
}
