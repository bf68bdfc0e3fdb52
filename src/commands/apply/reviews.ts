import type { Reviews } from '../../domain/plans/approval.ts'
import type { Secret } from '../../domain/secret.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/** The reviews of environments, as GitHub gives them at the moment of asking. The token needs `actions: read`. */
export function reviewsOnGitHub(runtime: Runtime, token: Secret): Reviews {
  return {
    of: async (run) => {
      const [{ openGitHub }, { runsOf }] = await Promise.all([
        import('../../github/open.ts'),
        import('../../github/runs.ts'),
      ])
      const reviews = await runsOf(openGitHub(runtime, token)).approvals(Number(run))
      return reviews.flatMap(({ environments, state, by }) =>
        environments.map((environment) => ({ environment, state, by: by.login })),
      )
    },
  }
}
