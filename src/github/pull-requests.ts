import * as z from 'zod'
import type { GitHubRest } from './rest.ts'
import { type Account, accountSchema } from './viewer.ts'

/** What decisions need to know of a pull request, as it is at this moment. */
export interface PullRequest {
  readonly number: number
  readonly state: 'open' | 'closed'
  /** 40 hex digits. */
  readonly headSha: string
  /** Commit of the branch it goes to. */
  readonly baseSha: string
  /** Id; undefined where the fork is gone. */
  readonly headRepository: number | undefined
  readonly baseRepository: number
  readonly author: Account | undefined
  /** Milliseconds since the epoch of the last push, comment or review; undefined where GitHub does not say. */
  readonly touchedAt: number | undefined
}

export interface Review {
  /** Who; undefined where the account is gone. */
  readonly by: Account | undefined
  readonly state: 'approved' | 'changes-requested' | 'dismissed' | 'other'
  /** The head that was reviewed. */
  readonly commit: string | undefined
}

export interface PullRequests {
  get(number: number): Promise<PullRequest>
  /** Oldest first. */
  reviews(number: number): Promise<readonly Review[]>
  /** Numbers of the open pull requests whose head is this commit, in this repository or in a fork. */
  withHead(sha: string): Promise<readonly number[]>
}

const sha = z.string().regex(/^[0-9a-f]{40}$/)
const repository = z.looseObject({ id: z.number().int() })
const pullSchema = z.looseObject({
  number: z.number().int(),
  state: z.enum(['open', 'closed']),
  user: accountSchema.nullable(),
  updated_at: z.iso.datetime({ offset: true }).optional(),
  head: z.looseObject({ sha, repo: repository.nullable() }),
  base: z.looseObject({ sha, repo: repository }),
})
const reviewSchema = z.looseObject({
  user: accountSchema.nullable(),
  state: z.string(),
  commit_id: z.string().nullish(),
})

/** https://docs.github.com/rest/pulls */
export function pullRequestsOf(rest: GitHubRest): PullRequests {
  return {
    get: async (number) => {
      const { state, user, head, base, updated_at: touched } = await rest.get(`/pulls/${number}`, pullSchema)
      return {
        number,
        state,
        headSha: head.sha,
        baseSha: base.sha,
        headRepository: head.repo?.id,
        baseRepository: base.repo.id,
        author: user ?? undefined,
        touchedAt: touched === undefined ? undefined : Date.parse(touched),
      }
    },
    reviews: async (number) => {
      const reviews: Review[] = []
      for await (const { user, state, commit_id } of rest.list(`/pulls/${number}/reviews`, reviewSchema)) {
        reviews.push({ by: user ?? undefined, state: stateOf(state), commit: commit_id ?? undefined })
      }
      return reviews
    },
    withHead: async (head) => {
      const numbers: number[] = []
      for await (const pull of rest.list('/pulls?state=open', pullSchema)) {
        if (pull.head.sha === head) numbers.push(pull.number)
      }
      return numbers
    },
  }
}

function stateOf(state: string): Review['state'] {
  switch (state) {
    case 'APPROVED':
      return 'approved'
    case 'CHANGES_REQUESTED':
      return 'changes-requested'
    case 'DISMISSED':
      return 'dismissed'
    default:
      return 'other'
  }
}
