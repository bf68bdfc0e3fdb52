import type { Secret } from '../../domain/secret.ts'
import type { Pulls } from '../../domain/system/preview.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { tokenOfEnvironment } from '../github-token.ts'

/**
 * Pull requests of the repository, as GitHub has them now; undefined where no token or repository is known. A pull request that GitHub
 * does not know or may not show, and a GitHub that does not answer, say nothing (promise R34).
 */
export function pullsOnGitHub(
  runtime: Runtime,
  token: Secret | undefined = tokenOfEnvironment(runtime),
): Pulls | undefined {
  if (token === undefined || !runtime.env['GITHUB_REPOSITORY']) return undefined
  return {
    at: async (number) => {
      const [{ openGitHub }, { pullRequestsOf }] = await Promise.all([
        import('../../github/open.ts'),
        import('../../github/pull-requests.ts'),
      ])
      try {
        const { state, touchedAt } = await pullRequestsOf(openGitHub(runtime, token)).get(number)
        return touchedAt === undefined ? undefined : { open: state === 'open', touchedAt }
      } catch {
        runtime.signals.cancelled.throwIfAborted()
        return undefined
      }
    },
  }
}
