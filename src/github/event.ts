import * as z from 'zod'
import type { Files } from '../runtime/runtime.ts'

const eventSchema = z.looseObject({
  pull_request: z
    .looseObject({ number: z.number().int(), head: z.looseObject({ sha: z.string() }).optional() })
    .nullish(),
  issue: z.looseObject({ number: z.number().int(), pull_request: z.unknown().optional() }).nullish(),
})

export interface EventPullRequest {
  readonly number: number
  /** Its newest commit when the event happened; `GITHUB_SHA` is that of a merge which nobody made. */
  readonly headSha?: string
}

/**
 * The pull request that a workflow run is about; undefined for a push, a schedule, a dispatch and outside of GitHub.
 * https://docs.github.com/webhooks/webhook-events-and-payloads
 */
export async function pullRequestOfEvent(
  files: Files,
  env: Readonly<Record<string, string | undefined>>,
): Promise<EventPullRequest | undefined> {
  const event = eventSchema.safeParse(await eventPayload(files, env))
  if (!event.success) return undefined
  const { pull_request, issue } = event.data
  if (pull_request) {
    const { number, head } = pull_request
    return head === undefined ? { number } : { number, headSha: head.sha }
  }
  return issue?.pull_request ? { number: issue.number } : undefined
}

const authorSchema = z.looseObject({
  pull_request: z.looseObject({ user: z.looseObject({ login: z.string() }).nullish() }),
})

/** Login of who opened the pull request that a run is about, whoever started the run by a label; undefined for every other run. */
export async function authorOfEvent(
  files: Files,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  return authorSchema.safeParse(await eventPayload(files, env)).data?.pull_request.user?.login
}

/** What GitHub sent; undefined where there is no such file or it is no JSON. */
export async function eventPayload(
  files: Files,
  env: Readonly<Record<string, string | undefined>>,
): Promise<unknown> {
  const path = env['GITHUB_EVENT_PATH']
  if (!path) return undefined
  try {
    return JSON.parse(Buffer.from((await files.read(path)) ?? '').toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

/** The run and attempt that speak; 0 outside of GitHub. */
export function runNumber(env: Readonly<Record<string, string | undefined>>): {
  readonly run: number
  readonly attempt: number
} {
  const number = (text: string | undefined): number => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : 0)
  return { run: number(env['GITHUB_RUN_ID']), attempt: number(env['GITHUB_RUN_ATTEMPT']) }
}
