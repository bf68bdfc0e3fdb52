import { usageError } from '../domain/error.ts'
import type { Secret } from '../domain/secret.ts'

/** One repository at one GitHub: github.com, a tenant of GHE.com or a server of one's own. */
export interface GitHubAddress {
  /** Without a slash at its end: `https://api.github.com`, `https://HOST/api/v3`. */
  readonly api: string
  readonly graphql: string
  /** `owner/name`. */
  readonly repository: string
  readonly token: Secret
}

const REPOSITORY = /^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/

/**
 * From the variables of a runner:
 * https://docs.github.com/actions/reference/workflows-and-actions/variables. `GITHUB_API_URL` is honoured everywhere.
 *
 * @throws SluiceError usage, where it is not said which repository is meant.
 */
export function gitHubAddress(
  env: Readonly<Record<string, string | undefined>>,
  token: Secret,
): GitHubAddress {
  const api = trimmed(env['GITHUB_API_URL'] || 'https://api.github.com')
  const repository = env['GITHUB_REPOSITORY'] ?? ''
  if (!REPOSITORY.test(repository)) {
    throw usageError({
      what: `GITHUB_REPOSITORY is ${JSON.stringify(repository)}`,
      rule: 'it names the repository, as OWNER/NAME',
      remedy: 'run this in a workflow, or set GITHUB_REPOSITORY',
    })
  }
  return { api, graphql: trimmed(env['GITHUB_GRAPHQL_URL'] || graphqlOf(api)), repository, token }
}

const trimmed = (url: string): string => url.replace(/\/+$/, '')

/** A server of one's own has its REST API below `/api/v3` and GraphQL beside it: https://docs.github.com/graphql/guides/forming-calls-with-graphql */
const graphqlOf = (api: string): string => `${api.replace(/\/v3$/, '')}/graphql`
