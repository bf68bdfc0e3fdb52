/**
 * What Google's token exchange does with a token: the audience, the condition and the mapping of the provider, then the
 * binding of the service account. CEL is evaluated by an implementation that is not ours.
 * https://cloud.google.com/iam/docs/workload-identity-federation
 */
import { evaluate } from '@marcbachmann/cel-js'
import type { Claims } from './iam.ts'

export interface PoolProvider {
  readonly pool: string
  readonly id: string
  readonly condition: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Whether this token becomes one that may act as a service account with these members. */
export function impersonable(provider: PoolProvider, members: readonly string[], claims: Claims): boolean {
  // Without a list of its own, a provider takes its full name as audience, with or without the scheme.
  const name = `//iam.googleapis.com/${provider.pool}/providers/${provider.id}`
  if (claims['aud'] !== name && claims['aud'] !== `https:${name}`) return false
  const attributes: Record<string, unknown> = {}
  try {
    if (evaluate(provider.condition, { assertion: claims }) !== true) return false
    for (const [attribute, expression] of Object.entries(provider.attributes)) {
      attributes[attribute] = evaluate(expression, { assertion: claims })
    }
  } catch {
    // A claim that is not there is an error of CEL, and an error refuses.
    return false
  }
  const principals = Object.entries(attributes)
    .filter(([attribute]) => attribute.startsWith('attribute.'))
    .map(
      ([attribute, value]) =>
        `principalSet://iam.googleapis.com/${provider.pool}/${attribute}/${String(value)}`,
    )
  return members.some((member) => principals.includes(member))
}
