import type { PlanFile } from '../../domain/plans/plan.ts'
import type { Secret } from '../../domain/secret.ts'
import type { Report, World } from '../command.ts'
import { runLink } from '../rollout/identity.ts'
import { readPlanFile } from './post.ts'

/** Of an issue's body; the mark goes before. */
const ROOM = 1000

/**
 * After a plan of what is deployed: opens, updates or closes the one issue that tells how the environment differs from it. The
 * check is the issue, so here it fails where GitHub does not take it.
 */
export async function tellDrift(world: World, report: Report, token: Secret | undefined): Promise<Report> {
  if (report.outcome !== 'done' || world.request.dryRun || token === undefined) return report
  const plan = await readPlanFile(world)
  if (plan === undefined || plan.fingerprint !== report.outputs['fingerprint']) return report
  const [{ openGitHub }, { issuesOf }, { viewer }, { keepDriftIssue }] = await Promise.all([
    import('../../github/open.ts'),
    import('../../github/issues.ts'),
    import('../../github/viewer.ts'),
    import('../../github/drift-issue.ts'),
  ])
  const rest = openGitHub(world.runtime, token)
  const text = hasDrifted(plan) ? await driftText(world, plan) : undefined
  const url = await keepDriftIssue(issuesOf(rest), plan.environment, text, await viewer(rest))
  const outputs = { ...report.outputs, drift: String(text !== undefined), 'issue-url': url ?? '' }
  return { ...report, outputs }
}

/** What somebody changed outside, or what the deployed commit would change again. */
export function hasDrifted({ stacks }: PlanFile): boolean {
  return stacks.some(
    ({ drift, changes }) => drift.length > 0 || changes.some(({ action }) => action !== 'read'),
  )
}

async function driftText({ runtime, redact = (text) => text }: World, plan: PlanFile): Promise<string> {
  const { COMMENT_LIMIT, planMarkdown } = await import('../../report/plan/markdown.ts')
  const run = runLink(runtime)
  const commit = runtime.env['GITHUB_SHA']
  const markdown = planMarkdown(plan, {
    limit: COMMENT_LIMIT - ROOM,
    ...(run === null ? {} : { run }),
    ...(commit === undefined ? {} : { commit }),
  })
  return redact(
    `What runs is not what the commit says. To bring it back, apply; to keep it, write it into sluice.yml. This issue is updated by every check, and closed when nothing differs.\n\n${markdown}`,
  )
}
