import { digestOf } from '../domain/digest.ts'
import { externalError, SluiceError } from '../domain/error.ts'
import type { Comment, Comments } from './comments.ts'

/** What a comment of Sluice's is about: one a subject is kept in a conversation. */
export interface Subject {
  /** `plan`, `preview`. */
  readonly kind: string
  readonly environment: string
}

/** The run that wrote it: a later one is never overwritten by an earlier one. */
export interface RunNumber {
  readonly run: number
  readonly attempt: number
}

interface Mark extends Subject, RunNumber {
  readonly digest: string
}

const MARK =
  /^<!-- sluice:([a-z-]{1,20}) environment=([a-zA-Z0-9_-]{1,100}) run=(\d{1,18})\.(\d{1,9}) digest=([0-9a-f]{16}) -->\r?\n/

/**
 * A text under its mark: the first line, hidden, by which the comment is found again. Foreign text cannot forge it: reports
 * escape `<`, and only what begins with a mark and is by our own account is ever changed (promise R6).
 */
export function marked(subject: Subject, { run, attempt }: RunNumber, text: string): string {
  const digest = digestOf(text).slice('sha256:'.length, 'sha256:'.length + 16)
  return `<!-- sluice:${subject.kind} environment=${subject.environment} run=${run}.${attempt} digest=${digest} -->\n${text}`
}

/** Characters that a mark takes at most. */
export const MARK_ROOM = 256

function markOf(body: string): Mark | undefined {
  const [, kind, environment, run, attempt, digest] = MARK.exec(body) ?? []
  if (kind === undefined || environment === undefined || digest === undefined) return undefined
  return { kind, environment, run: Number(run), attempt: Number(attempt), digest }
}

/** The next thing to do until one comment says what the latest run had to say. */
export type Step =
  | { readonly kind: 'create'; readonly body: string }
  | { readonly kind: 'update'; readonly id: number; readonly body: string }
  | { readonly kind: 'remove'; readonly id: number }
  | { readonly kind: 'done'; readonly comment: Comment }

/**
 * The oldest comment of a subject stays, the text of the latest run stays, all others go. Two runs that race take the same
 * steps, whichever comes first.
 *
 * @param found comments of the conversation.
 * @param wanted body with its mark.
 * @param me id of our account.
 */
export function nextStep(found: readonly Comment[], wanted: string, me: number): Step {
  const mark = markOf(wanted)
  if (mark === undefined) throw new Error('the text has no mark')
  const ours = found
    .filter(({ author }) => author === me)
    .map((comment) => ({ comment, mark: markOf(comment.body) }))
    .filter((one): one is { comment: Comment; mark: Mark } => one.mark !== undefined && same(one.mark, mark))
    .sort((a, b) => a.comment.id - b.comment.id)
  const [oldest, ...others] = ours
  if (oldest === undefined) return { kind: 'create', body: wanted }
  const latest = ours.reduce((best, one) => (isLater(one.mark, best.mark) ? one : best), oldest)
  const body = isLater(latest.mark, mark) ? latest.comment.body : wanted
  if (!equal(oldest.mark, markOf(body))) return { kind: 'update', id: oldest.comment.id, body }
  const surplus = others.at(-1)
  return surplus === undefined
    ? { kind: 'done', comment: oldest.comment }
    : { kind: 'remove', id: surplus.comment.id }
}

const same = (a: Subject, b: Subject): boolean => a.kind === b.kind && a.environment === b.environment
const isLater = (a: RunNumber, b: RunNumber): boolean =>
  a.run > b.run || (a.run === b.run && a.attempt > b.attempt)
/** By the mark and not by the text: GitHub may store line ends and spaces in its own way. */
const equal = (a: Mark, b: Mark | undefined): boolean =>
  b !== undefined && a.run === b.run && a.attempt === b.attempt && a.digest === b.digest

/** More steps than this, and somebody works against us. */
const MOST_STEPS = 30
const BORNE = 3

/**
 * Leaves one comment that says what the latest run had to say, and returns it. An answer that is lost is no reason to say it
 * twice: what is there is looked at before each step.
 *
 * GitHub has no write with a precondition for comments, so a run that looked before we wrote may write after us: once it has
 * written, it waits for `settle` and looks again.
 *
 * @param settle longer than the other takes from its look to its write.
 */
export async function keepComment(
  comments: Comments,
  wanted: string,
  me: number,
  settle: () => Promise<void>,
): Promise<Comment> {
  // A list may lag behind what was just written.
  const written = new Map<number, Comment>()
  const removed = new Set<number>()
  let settled = true
  let failures = 0
  for (let step = 0; step < MOST_STEPS; step++) {
    const found = new Map(written)
    for await (const comment of comments.list()) found.set(comment.id, comment)
    for (const id of removed) found.delete(id)
    const next = nextStep([...found.values()], wanted, me)
    if (next.kind === 'done') {
      if (settled) return next.comment
      settled = true
      await settle()
      continue
    }
    settled = false
    try {
      await take(comments, next, written, removed)
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      const gone = next.kind === 'update' && 'status' in error && error.status === 404
      if (gone) {
        removed.add(next.id)
        written.delete(next.id)
      }
      failures++
      if ((error.outcome !== 'external' && !gone) || failures > BORNE) throw error
    }
  }
  throw externalError('service', {
    what: `the comment is still not as it should be after ${MOST_STEPS} steps`,
    remedy: 'see who else writes comments of Sluice with this account',
  })
}

async function take(
  comments: Comments,
  next: Exclude<Step, { kind: 'done' }>,
  written: Map<number, Comment>,
  removed: Set<number>,
): Promise<void> {
  switch (next.kind) {
    case 'create':
    case 'update': {
      const comment =
        next.kind === 'create' ? await comments.create(next.body) : await comments.update(next.id, next.body)
      written.set(comment.id, comment)
      return
    }
    case 'remove':
      await comments.remove(next.id)
      removed.add(next.id)
      written.delete(next.id)
      return
    default:
      next satisfies never
  }
}
