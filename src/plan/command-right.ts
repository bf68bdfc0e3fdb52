/** What the API said about who asks, at the moment of asking. `unknown`: it could not be read. */
export type Right = 'none' | 'read' | 'write' | 'admin' | 'unknown'

export interface Asking {
  readonly verb: 'plan' | 'apply'
  readonly by: { readonly id: number; readonly isBot: boolean; readonly right: Right }
  /** undefined: it could not be read. */
  readonly pull:
    | {
        readonly state: 'open' | 'closed'
        readonly headSha: string
        readonly headRepository: number | undefined
        readonly baseRepository: number
        readonly author: number | undefined
      }
    | undefined
  /** Reviews, oldest first, each with the right of who wrote it; undefined: they could not be read. */
  readonly reviews:
    | readonly {
        readonly by: number | undefined
        readonly right: Right
        readonly state: 'approved' | 'changes-requested' | 'dismissed' | 'other'
        readonly commit: string | undefined
      }[]
    | undefined
}

export type Grant =
  /** `approver`: whoever approved that head, by id; where nobody has to, undefined. */
  | { readonly kind: 'granted'; readonly sha: string; readonly approver: number | undefined }
  | { readonly kind: 'refused'; readonly why: string }

const refused = (why: string): Grant => ({ kind: 'refused', why })

/**
 * Whether a comment's command is followed (promise R8): somebody who may write, an open pull request of this repository, and
 * to apply also an approval of exactly this head by somebody else who may write. What could not be read is a refusal. The
 * grant is for the head that was judged and no later one.
 */
export function grantOf({ verb, by, pull, reviews }: Asking): Grant {
  if (by.isBot) return refused('a bot gives no commands')
  if (by.right === 'unknown') return refused('what the author of the comment may do could not be read')
  if (!mayWrite(by.right)) return refused('commands are for people who may write to this repository')
  if (pull === undefined) return refused('the pull request could not be read')
  if (pull.state !== 'open') return refused('the pull request is closed')
  if (pull.headRepository !== pull.baseRepository) {
    return refused('code of a fork is never run where credentials are: see the preview of its synthesis')
  }
  if (verb === 'plan') return { kind: 'granted', sha: pull.headSha, approver: undefined }
  if (reviews === undefined) return refused('the reviews could not be read')
  const standing = latest(reviews)
  if (standing.some(({ state, right }) => state === 'changes-requested' && mayWrite(right))) {
    return refused('somebody has asked for changes')
  }
  const approval = standing.find(
    (review) =>
      review.state === 'approved' &&
      mayWrite(review.right) &&
      review.commit === pull.headSha &&
      review.by !== pull.author &&
      review.by !== by.id,
  )
  return approval !== undefined
    ? { kind: 'granted', sha: pull.headSha, approver: approval.by }
    : refused(
        `nobody else who may write has approved ${pull.headSha.slice(0, 12)}, the newest commit of the pull request`,
      )
}

const mayWrite = (right: Right): boolean => right === 'write' || right === 'admin'

type Reviews = NonNullable<Asking['reviews']>

/** What each person said last, comments aside; a deleted account says nothing. */
function latest(reviews: Reviews): Reviews {
  const last = new Map<number, Reviews[number]>()
  for (const review of reviews) {
    if (review.by !== undefined && review.state !== 'other') last.set(review.by, review)
  }
  return [...last.values()]
}
