import * as z from 'zod'
import { SluiceError } from '../../domain/error.ts'
import type { Secret } from '../../domain/secret.ts'
import { eventPayload } from '../../github/event.ts'
import { openGitHub } from '../../github/open.ts'
import { type Permissions, permissionsOf } from '../../github/permissions.ts'
import { type PullRequests, pullRequestsOf } from '../../github/pull-requests.ts'
import { type Account, accountSchema } from '../../github/viewer.ts'
import { type Asking, grantOf, type Right } from '../../plan/command-right.ts'
import { type CommentCommand, parseCommentCommand } from '../../plan/comment-command.ts'
import type { Report, World } from '../command.ts'

/** The one event whose comment is what its author wrote: an edited one may be somebody else's text. */
const eventSchema = z.looseObject({
  action: z.literal('created'),
  issue: z.looseObject({ number: z.number().int(), pull_request: z.unknown() }),
  comment: z.looseObject({ body: z.string(), user: accountSchema.nullable() }),
})

const NOTHING = { command: '', 'command-environment': '', 'command-plan': '', sha: '' }

/**
 * Reads the comment that started this run, asks GitHub what its author may do now, and says whether it is followed: by the
 * outputs `command`, `command-environment`, `command-plan` and `sha`. Nothing is planned and no code of the pull request is
 * read.
 */
export async function commentCommand(world: World, token: Secret | undefined): Promise<Report> {
  const { runtime } = world
  const event = eventSchema.safeParse(await eventPayload(runtime.files, runtime.env))
  if (!event.success || event.data.issue.pull_request == null) {
    return report('done', 'this run was not started by a new comment on a pull request')
  }
  const { comment, issue } = event.data
  const command = parseCommentCommand(comment.body)
  if (command.kind === 'none') return report('done', 'the comment asks nothing of Sluice')
  if (command.kind === 'bad') return report('refused', `the comment is no command: ${command.why}`)
  if (comment.user === null) return report('refused', 'the account that wrote the comment is gone')
  if (token === undefined) return report('refused', 'without github-token nobody can be asked')
  const rest = openGitHub(runtime, token)
  const asked = { pulls: pullRequestsOf(rest), permissions: permissionsOf(rest) }
  const grant = grantOf(await asking(command, comment.user, issue.number, asked))
  if (grant.kind === 'refused')
    return report('refused', `/sluice ${command.kind} is not followed: ${grant.why}`)
  const environment = command.environment ?? world.request.environment
  return report('done', `/sluice ${command.kind} ${environment} at ${grant.sha}`, {
    command: command.kind,
    'command-environment': environment,
    'command-plan': command.kind === 'apply' ? command.plan : '',
    sha: grant.sha,
  })
}

interface Asked {
  readonly pulls: PullRequests
  readonly permissions: Permissions
}

async function asking(
  { kind }: Extract<CommentCommand, { kind: 'plan' | 'apply' }>,
  author: Account,
  number: number,
  { pulls, permissions }: Asked,
): Promise<Asking> {
  const rightOf = async (account: Account): Promise<Right> =>
    (await readable(() => permissions.of(account))) ?? 'unknown'
  const pull = await readable(() => pulls.get(number))
  const reviews = kind === 'apply' ? await readable(() => pulls.reviews(number)) : []
  const by = { id: author.id, isBot: author.type !== 'User', right: await rightOf(author) }
  const rights = new Map<number, Right>()
  for (const { by: reviewer } of reviews ?? []) {
    if (reviewer !== undefined && !rights.has(reviewer.id)) rights.set(reviewer.id, await rightOf(reviewer))
  }
  // Read last as well: what was pushed in between is not what was approved.
  const now = await readable(() => pulls.get(number))
  const still = pull !== undefined && now !== undefined && pull.headSha === now.headSha ? now : undefined
  return {
    verb: kind,
    by,
    pull: still === undefined ? undefined : { ...still, author: still.author?.id },
    reviews: reviews?.map(({ by: reviewer, state, commit }) => ({
      by: reviewer?.id,
      right: reviewer === undefined ? 'none' : (rights.get(reviewer.id) ?? 'unknown'),
      state,
      commit,
    })),
  }
}

/** undefined where GitHub refuses or does not answer: then nothing is granted. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (
      error instanceof SluiceError &&
      (error.outcome === 'external' || error.outcome === 'cannot-observe')
    ) {
      return undefined
    }
    throw error
  }
}

function report(
  outcome: 'done' | 'refused',
  message: string,
  outputs: Readonly<Record<string, string>> = NOTHING,
): Report {
  return {
    command: 'plan',
    outcome,
    message,
    outputs: { changes: '', fingerprint: '', 'comment-url': '', ...outputs },
    data: outputs,
    summary: `${message}\n`,
  }
}
