import { join } from 'node:path'
import { SluiceError } from '../../domain/error.ts'
import { type PlanFile, planFileSchema } from '../../domain/plans/plan.ts'
import type { Secret } from '../../domain/secret.ts'
import { planId } from '../../plan/approval.ts'
import type { PlanValues } from '../../plan/values.ts'
import { message } from '../../runtime/events.ts'
import type { Report, World } from '../command.ts'
import type { PlanReport } from '../plan.ts'
import { runLink } from '../rollout/identity.ts'
import { stateFolder } from '../state-folder.ts'

/** What a plan is posted with: the token of the job; without one nothing is posted. */
export interface PostOptions {
  readonly token: Secret | undefined
  /** Shown beside the names, where the team has asked for it. */
  readonly values?: PlanValues | undefined
}

/** Between our last write and the look whether it stayed. */
const SETTLE = 5000

/**
 * Puts the plan that was just made on the pull request of this run, as the one comment of the environment. The plan stands
 * whether or not it can be posted: that it cannot is a warning.
 */
export async function postPlan(world: World, report: PlanReport, options: PostOptions): Promise<Report> {
  const { runtime } = world
  const { token, values } = options
  if (token === undefined || report.outcome !== 'done' || world.request.dryRun) return report
  try {
    const url = await post(world, report, token, values)
    return url === undefined ? report : { ...report, outputs: { ...report.outputs, 'comment-url': url } }
  } catch (error) {
    runtime.signals.cancelled.throwIfAborted()
    if (!(error instanceof SluiceError)) throw error
    const remedy = error.remedy === undefined ? '' : `; ${error.remedy}`
    runtime.log.emit(message('warning', `the plan is not on the pull request: ${error.message}${remedy}`))
    return report
  }
}

async function post(
  world: World,
  report: PlanReport,
  token: Secret,
  values: PlanValues | undefined,
): Promise<string | undefined> {
  const { runtime } = world
  const { pullRequestOfEvent, runNumber } = await import('../../github/event.ts')
  const pull = await pullRequestOfEvent(runtime.files, runtime.env)
  const plan = await readPlanFile(world)
  // A plan of before is not the one that is reported.
  if (plan === undefined || plan.fingerprint !== report.outputs['fingerprint']) return undefined
  if (pull === undefined) return undefined
  const [
    { openGitHub },
    { commentsOf },
    { viewer },
    { keepComment, marked, MARK_ROOM },
    { COMMENT_LIMIT, planMarkdown },
    { findingsMarkdown },
    { costMarkdown, estimateOf },
  ] = await Promise.all([
    import('../../github/open.ts'),
    import('../../github/comments.ts'),
    import('../../github/viewer.ts'),
    import('../../github/sticky.ts'),
    import('../../report/plan/markdown.ts'),
    import('../../report/plan/findings.ts'),
    import('./cost.ts'),
  ])
  const rest = openGitHub(runtime, token)
  const run = runLink(runtime)
  const commit = pull.headSha ?? runtime.env['GITHUB_SHA']
  const { redact = (whole: string) => whole } = world
  const more = `${findingsMarkdown(report.findings ?? [], planId(plan.fingerprint))}${costMarkdown(await estimateOf(runtime.files, stateFolder(world)))}`
  const markdown = planMarkdown(plan, {
    limit: COMMENT_LIMIT - MARK_ROOM - more.length,
    ...(values === undefined ? {} : { values }),
    ...(run === null ? {} : { run }),
    ...(commit === undefined ? {} : { commit }),
  })
  const body = marked(
    { kind: 'plan', environment: plan.environment },
    runNumber(runtime.env),
    redact(markdown + more),
  )
  const settle = (): Promise<void> => runtime.clock.sleep(SETTLE, runtime.signals.cancelled)
  const me = await viewer(rest)
  return (await keepComment(commentsOf(rest, pull.number), body, me, settle)).url
}

/** The plan.json of this environment; undefined where the cloud has none. */
export async function readPlanFile(world: World): Promise<PlanFile | undefined> {
  const bytes = await world.runtime.files.read(join(stateFolder(world), 'plan.json'))
  return bytes === undefined
    ? undefined
    : planFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
}
