import type { Runs, WorkflowRun } from '../../domain/plans/approval.ts'
import type { Secret } from '../../domain/secret.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { tokenOfEnvironment } from '../github-token.ts'

/** GitHub ends a run after 35 days: https://docs.github.com/actions/reference/limits */
const LONGEST_RUN = 35 * 24 * 60 * 60_000

/**
 * The runs of the repository, as GitHub gives them at the moment of asking; undefined where no token or repository is known.
 * https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
 */
export function runsOnGitHub(
  runtime: Runtime,
  token: Secret | undefined = tokenOfEnvironment(runtime),
): Runs | undefined {
  if (token === undefined || !runtime.env['GITHUB_REPOSITORY']) return undefined
  return {
    at: async (time) => {
      const [{ openGitHub }, { RunsPage }] = await Promise.all([
        import('../../github/open.ts'),
        import('./runs-page.ts'),
      ])
      const day = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
      const created = encodeURIComponent(`${day(time - LONGEST_RUN)}..${day(time)}`)
      const found: WorkflowRun[] = []
      for await (const { workflow_runs } of openGitHub(runtime, token).pages(
        `/actions/runs?created=${created}`,
        RunsPage,
      )) {
        for (const { id, html_url, status, updated_at } of workflow_runs) {
          const finished = status === 'completed'
          if (!finished || Date.parse(updated_at) >= time)
            found.push({ id: String(id), url: html_url, finished })
        }
      }
      return found
    },
  }
}
