import type { Issue, Issues } from './issues.ts'

/** The label by which the issues of drift are found; GitHub makes it where it is not there. */
export const DRIFT_LABEL = 'sluice-drift'

const mark = (environment: string): string => `<!-- sluice:drift environment=${environment} -->\n`

/** What follows for the issues of an environment: one that is open while there is drift, and none else. */
export type IssueStep =
  | { readonly kind: 'create'; readonly body: string }
  | { readonly kind: 'update'; readonly issue: Issue; readonly body: string }
  | { readonly kind: 'close'; readonly issue: Issue }

/**
 * @param open issues with the label, oldest first.
 * @param drift what is to be said; undefined where there is none.
 * @param me id of our account: an issue of somebody else is never changed.
 */
export function issueSteps(
  open: readonly Issue[],
  environment: string,
  drift: string | undefined,
  me: number,
): readonly IssueStep[] {
  const [oldest, ...others] = open.filter(
    ({ author, body }) => author === me && body.replaceAll('\r\n', '\n').startsWith(mark(environment)),
  )
  const surplus = (drift === undefined && oldest !== undefined ? [oldest, ...others] : others).map(
    (issue) => ({ kind: 'close', issue }) as const,
  )
  if (drift === undefined) return surplus
  const body = `${mark(environment)}${drift}`
  if (oldest === undefined) return [{ kind: 'create', body }]
  return [{ kind: 'update', issue: oldest, body }, ...surplus]
}

/** Address of the issue that tells of the drift; undefined where there is none. */
export async function keepDriftIssue(
  issues: Issues,
  environment: string,
  drift: string | undefined,
  me: number,
): Promise<string | undefined> {
  const open: Issue[] = []
  for await (const issue of issues.open(DRIFT_LABEL)) open.push(issue)
  const title = `Environment ${environment} has drifted`
  let url: string | undefined
  for (const step of issueSteps(open, environment, drift, me)) {
    switch (step.kind) {
      case 'create':
        url = (await issues.create({ title, body: step.body, label: DRIFT_LABEL })).url
        break
      case 'update':
        url = (await issues.update(step.issue.number, { title, body: step.body })).url
        break
      case 'close':
        await issues.close(step.issue.number)
        break
      default:
        step satisfies never
    }
  }
  return url
}
