import type { WorkflowRunId } from '../../domain/jobs/workflow-run.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { tokenOfEnvironment } from '../github-token.ts'

/**
 * Whether a workflow run has ended, as GitHub says. No token, a run of another repository, a run that GitHub does not know and a GitHub
 * that does not answer all say nothing (promise R34): `unknown` is no sign of anything.
 */
export function finishedRuns(
  runtime: Runtime,
): (run: WorkflowRunId | undefined) => Promise<'ended' | 'running' | 'unknown'> {
  const asked = new Map<number, Promise<'ended' | 'running' | 'unknown'>>()
  const ask = async (id: number): Promise<'ended' | 'running' | 'unknown'> => {
    const token = tokenOfEnvironment(runtime)
    if (token === undefined) return 'unknown'
    const [{ openGitHub }, { runsOf }] = await Promise.all([
      import('../../github/open.ts'),
      import('../../github/runs.ts'),
    ])
    try {
      return (await runsOf(openGitHub(runtime, token)).get(id)).finished ? 'ended' : 'running'
    } catch {
      runtime.signals.cancelled.throwIfAborted()
      return 'unknown'
    }
  }
  return async (run) => {
    if (run === undefined || run.repository !== runtime.env['GITHUB_REPOSITORY']) return 'unknown'
    const answer = asked.get(run.id) ?? ask(run.id)
    asked.set(run.id, answer)
    return answer
  }
}
