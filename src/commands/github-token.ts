import { Secret } from '../domain/secret.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** The token that GitHub's own tools go by, where this machine has one. */
export function tokenOfEnvironment({ env }: Pick<Runtime, 'env'>): Secret | undefined {
  const token = env['GITHUB_TOKEN'] ?? env['GH_TOKEN']
  return token === undefined || token === '' ? undefined : new Secret(token)
}
