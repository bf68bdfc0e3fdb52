import type { ServedModel } from '../../../domain/models/model.ts'
import { mismatchText, modelMismatch } from '../../../domain/releases/loaded-models.ts'
import type { Secret } from '../../../domain/secret.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Condition, RunRevision } from './resource.ts'

/** What Cloud Run says about a revision: its own probes have passed, have failed, or are still at it. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'starting'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string }

/** https://cloud.google.com/run/docs/reference/rest/v2/Condition; a state that is not known is not ready. */
export function readinessOf({ conditions }: Pick<RunRevision, 'conditions'>): Readiness {
  const ready = conditions.find(({ type }) => type === 'Ready')
  if (ready?.state === 'CONDITION_SUCCEEDED') return { kind: 'ready' }
  const failed = conditions.find(({ state }) => state === 'CONDITION_FAILED')
  if (failed !== undefined) return { kind: 'failed', why: words(failed) }
  return { kind: 'starting', why: ready === undefined ? 'Cloud Run has not looked at it yet' : words(ready) }
}

export function words({ message, revisionReason, reason, state }: Condition): string {
  return [message, revisionReason ?? reason, state].find((text) => text !== undefined && text !== '') ?? ''
}

/** How one look at a revision's own address came out. */
export type Seen =
  | { readonly kind: 'well'; readonly models: readonly ServedModel[] }
  | { readonly kind: 'ill'; readonly why: string; readonly models?: readonly ServedModel[] }
  /** This machine stands outside of the network that the service is kept in. */
  | { readonly kind: 'closed' }

const TIMEOUT = 10_000
const BODY_LIMIT = 64 * 1024

export interface Look {
  /** URL of its health path. */
  readonly url: string
  readonly models: readonly ServedModel[]
  /** Whether everybody reaches the address. */
  readonly open: boolean
  readonly identity: Secret | undefined
}

/** Asks a revision how it is. Never throws. */
export async function lookAt(
  { http, signals }: Pick<Runtime, 'http' | 'signals'>,
  { url, models, open, identity }: Look,
): Promise<Seen> {
  const { pathname } = new URL(url)
  try {
    const answer = await http.request({
      url,
      headers: {
        'user-agent': 'sluice-health',
        ...(identity === undefined ? {} : { authorization: `Bearer ${identity.reveal()}` }),
      },
      timeout: TIMEOUT,
      signal: signals.cancelled,
    })
    const body = await answer.text(BODY_LIMIT)
    if (!open && (answer.status === 403 || answer.status === 404)) return { kind: 'closed' }
    return judgeHealth(pathname, models, answer.status, body)
  } catch (error) {
    return open
      ? { kind: 'ill', why: `GET ${pathname} got no answer: ${(error as Error).message}` }
      : { kind: 'closed' }
  }
}

/** 200 with exactly the models that the release pins. */
export function judgeHealth(
  path: string,
  models: readonly ServedModel[],
  status: number,
  body: string,
): Exclude<Seen, { kind: 'closed' }> {
  if (status !== 200) return { kind: 'ill', why: `GET ${path} answered ${status}` }
  const mismatch = modelMismatch(models, body)
  if (mismatch === undefined) return { kind: 'well', models }
  const why = mismatchText(path, mismatch)
  return { kind: 'ill', why, ...(mismatch.reported ? { models: [] } : {}) }
}
