import type { Bound } from '../../domain/plans/approval.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { commitOf, UNVERSIONED } from '../rollout/identity.ts'

/** For what a plan is made: which repository and commits, and in which run. */
export type Circumstances = Pick<Bound, 'source' | 'run'>

/**
 * As the runner says it (https://docs.github.com/en/actions/reference/variables-reference): ids, not names, since those can
 * be taken over. On a machine of one's own only the commit is known.
 */
export async function circumstancesOf(runtime: Runtime, root: string): Promise<Circumstances> {
  const { env } = runtime
  const event = await eventOf(runtime)
  const request = record(event['pull_request'])
  const { number } = request
  const own = await commitOf(runtime, root)
  return {
    source: {
      repository: env['GITHUB_REPOSITORY_ID'] || null,
      pullRequest: typeof number === 'number' && Number.isSafeInteger(number) ? number : null,
      // GITHUB_SHA of a pull request is a merge that nobody has reviewed.
      head: text(record(request['head'])['sha']) ?? (own === UNVERSIONED ? null : own),
      base: text(record(request['base'])['sha']) ?? null,
    },
    run: { id: env['GITHUB_RUN_ID'] || null, attempt: whole(env['GITHUB_RUN_ATTEMPT']) },
  }
}

/** The file that the runner leaves; unreadable is as good as none, and the fields are null. */
async function eventOf({ env, files }: Runtime): Promise<Readonly<Record<string, unknown>>> {
  const path = env['GITHUB_EVENT_PATH']
  const bytes = path === undefined || path === '' ? undefined : await files.read(path)
  try {
    return record(JSON.parse(Buffer.from(bytes ?? '{}').toString('utf8')))
  } catch {
    return {}
  }
}

const whole = (value: string | undefined): number | null =>
  value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : null

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
