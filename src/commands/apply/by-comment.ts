import type { Secret } from '../../domain/secret.ts'
import { openGitHub } from '../../github/open.ts'
import type { PullRequest } from '../../github/pull-requests.ts'
import { runsOf, type WorkflowRun } from '../../github/runs.ts'
import { planRunOf } from '../../plan/plan-artifact.ts'
import { apply } from '../apply.ts'
import type { Report, World } from '../command.ts'
import { openEnvironment } from '../environment.ts'
import type { Circumstances } from '../infrastructure/circumstances.ts'
import { judgeComment } from '../plan/judge-comment.ts'
import { holdTo } from '../plan/pinned.ts'
import { notTaken, takeOver } from './hand-over.ts'

export interface CommentedOptions {
  readonly token: Secret | undefined
  /** The workflow that plans pull requests: `.github/workflows/plan.yml`. */
  readonly workflow: string
  readonly allowLoss: readonly string[]
}

/**
 * Follows `/sluice apply ENVIRONMENT PLAN` in a comment (promise R8): asks GitHub again at this moment, holds the run to the
 * commit that was approved, and applies the plan that the newest run of the pull request has left, if that is the one named.
 */
export async function applyByComment(world: World, options: CommentedOptions): Promise<Report> {
  const { runtime, request } = world
  const { token, workflow, allowLoss } = options
  const judged = await judgeComment(world, token)
  if (judged.kind === 'none') return report('done', judged.why)
  if (judged.kind === 'refused') return report('refused', judged.why)
  const { command, pull, approver } = judged
  if (command.kind !== 'apply') return report('done', 'the comment asks for no apply')
  if (command.environment !== request.environment) {
    return report('refused', `the comment is about ${command.environment}, not ${request.environment}`)
  }
  if (approver === undefined || token === undefined) return report('refused', 'nobody has approved it')
  await holdTo(world, pull.headSha, token)
  const runs = runsOf(openGitHub(runtime, token))
  const wanted = { repository: pull.baseRepository, workflow, headSha: pull.headSha }
  const found = planRunOf(await runs.ofCommit(pull.headSha), wanted)
  if ('fault' in found) throw notTaken(found.fault)
  const { system, state } = await openEnvironment(world)
  const place = { system: system.name, environment: request.environment, state }
  await takeOver(runtime.files, runs, found.run.id, place)
  const at = new Date(runtime.clock.now()).toISOString()
  return apply(world, {
    plan: command.plan,
    allowLoss: [...allowLoss, ...command.allowLoss],
    approver: { by: approver, how: 'reviewed', at },
    circumstances: circumstancesOf(pull, found.run),
  })
}

/** Of the run that planned, as GitHub says: what the record was bound to, if nobody has made it up. */
function circumstancesOf(pull: PullRequest, { id, attempt }: WorkflowRun): Circumstances {
  return {
    source: {
      repository: String(pull.baseRepository),
      pullRequest: pull.number,
      head: pull.headSha,
      base: pull.baseSha,
    },
    run: { id: String(id), attempt },
  }
}

function report(outcome: 'done' | 'refused', message: string): Report {
  const outputs = { targets: '' }
  return { command: 'apply', outcome, message, outputs, data: { applied: [] }, summary: `${message}\n` }
}
