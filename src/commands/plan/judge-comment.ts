import * as z from 'zod'
import { SluiceError } from '../../domain/error.ts'
import type { Secret } from '../../domain/secret.ts'
import { eventPayload } from '../../github/event.ts'
import { openGitHub } from '../../github/open.ts'
import { type Permissions, permissionsOf } from '../../github/permissions.ts'
import { type PullRequest, type PullRequests, pullRequestsOf } from '../../github/pull-requests.ts'
import { type Account, accountSchema } from '../../github/viewer.ts'
import { type Asking, grantOf, type Right } from '../../plan/command-right.ts'
import { type CommentCommand, parseCommentCommand } from '../../plan/comment-command.ts'
import type { World } from '../command.ts'

/** The one event whose comment is what its author wrote: an edited one may be somebody else's text. */
const eventSchema = z.looseObject({
  action: z.literal('created'),
  issue: z.looseObject({ number: z.number().int(), pull_request: z.unknown() }),
  comment: z.looseObject({ body: z.string(), user: accountSchema.nullable() }),
})

export type FollowedCommand = Extract<CommentCommand, { kind: 'plan' | 'apply' }>

/** What becomes of the comment that started a run. */
export type JudgedComment =
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'granted'
      readonly command: FollowedCommand
      readonly pull: PullRequest
      /** Login of whoever has approved the commit; of `apply` alone. */
      readonly approver: string | undefined
    }

/** Reads the comment that started this run, and asks GitHub what its author may do now (promise R8). */
export async function judgeComment(
  { runtime }: Pick<World, 'runtime'>,
  token: Secret | undefined,
): Promise<JudgedComment> {
  const none = (why: string): JudgedComment => ({ kind: 'none', why })
  const refused = (why: string): JudgedComment => ({ kind: 'refused', why })
  const event = eventSchema.safeParse(await eventPayload(runtime.files, runtime.env))
  if (!event.success || event.data.issue.pull_request == null) {
    return none('this run was not started by a new comment on a pull request')
  }
  const { comment, issue } = event.data
  const command = parseCommentCommand(comment.body)
  if (command.kind === 'none') return none('the comment asks nothing of Sluice')
  if (command.kind === 'bad') return refused(`the comment is no command: ${command.why}`)
  if (comment.user === null) return refused('the account that wrote the comment is gone')
  if (token === undefined) return refused('without github-token nobody can be asked')
  const rest = openGitHub(runtime, token)
  const asked = { pulls: pullRequestsOf(rest), permissions: permissionsOf(rest) }
  const { asking, pull, logins } = await ask(command, comment.user, issue.number, asked)
  const grant = grantOf(asking)
  if (grant.kind === 'refused') return refused(`/sluice ${command.kind} is not followed: ${grant.why}`)
  if (pull === undefined) return refused('the pull request could not be read')
  const approver = grant.approver === undefined ? undefined : logins.get(grant.approver)
  return { kind: 'granted', command, pull, approver }
}

interface Asked {
  readonly pulls: PullRequests
  readonly permissions: Permissions
}

async function ask(
  { kind }: FollowedCommand,
  author: Account,
  number: number,
  { pulls, permissions }: Asked,
) {
  const rightOf = async (account: Account): Promise<Right> =>
    (await readable(() => permissions.of(account))) ?? 'unknown'
  const first = await readable(() => pulls.get(number))
  const reviews = kind === 'apply' ? await readable(() => pulls.reviews(number)) : []
  const by = { id: author.id, isBot: author.type !== 'User', right: await rightOf(author) }
  const rights = new Map<number, Right>()
  const logins = new Map<number, string>()
  for (const { by: reviewer } of reviews ?? []) {
    if (reviewer === undefined || rights.has(reviewer.id)) continue
    rights.set(reviewer.id, await rightOf(reviewer))
    logins.set(reviewer.id, reviewer.login)
  }
  // Read last as well: what was pushed in between is not what was approved.
  const now = await readable(() => pulls.get(number))
  const pull = first !== undefined && now !== undefined && first.headSha === now.headSha ? now : undefined
  const asking: Asking = {
    verb: kind,
    by,
    pull: pull === undefined ? undefined : { ...pull, author: pull.author?.id },
    reviews: reviews?.map(({ by: reviewer, state, commit }) => ({
      by: reviewer?.id,
      right: reviewer === undefined ? 'none' : (rights.get(reviewer.id) ?? 'unknown'),
      state,
      commit,
    })),
  }
  return { asking, pull, logins }
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
