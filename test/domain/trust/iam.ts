/**
 * IAM's evaluation of a trust policy, as far as our policies go and as far as careless ones do: StringEquals, StringLike and
 * their ForAnyValue and ForAllValues forms. Unknown operators are an error, never a pass.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
type Values = string | readonly string[]
type Condition = Readonly<Record<string, Readonly<Record<string, Values>>>>
interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: { readonly Federated: Values }
  readonly Action: Values
  readonly Condition?: Condition
}

export type Claims = Readonly<Record<string, string>>

export const ISSUER = 'token.actions.githubusercontent.com'

/** Whether AssumeRoleWithWebIdentity with this token is allowed. */
export function assumable(policy: string, provider: string, claims: Claims): boolean {
  const { Statement } = JSON.parse(policy) as { Statement: readonly Statement[] }
  const hit = (effect: 'Allow' | 'Deny'): boolean =>
    Statement.some(
      (statement) =>
        statement.Effect === effect &&
        many(statement.Principal.Federated).includes(provider) &&
        many(statement.Action).includes('sts:AssumeRoleWithWebIdentity') &&
        holds(statement.Condition ?? {}, claims),
    )
  return hit('Allow') && !hit('Deny')
}

/** Every operator and every key must hold; of the values of a key, one. */
function holds(condition: Condition, claims: Claims): boolean {
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => matches(operator, claimOf(key, claims), many(wanted))),
  )
}

function claimOf(key: string, claims: Claims): string | undefined {
  const [issuer, claim, ...rest] = key.split(':')
  if (issuer !== ISSUER || claim === undefined || rest.length > 0) throw new Error(`unknown key ${key}`)
  return claims[claim]
}

function matches(operator: string, value: string | undefined, wanted: readonly string[]): boolean {
  const [set, plain = set] = operator.includes(':') ? operator.split(':') : [undefined, operator]
  if (value === undefined) return set === 'ForAllValues'
  if (plain === 'StringEquals') return wanted.includes(value)
  if (plain === 'StringLike') return wanted.some((pattern) => like(pattern).test(value))
  throw new Error(`unknown operator ${operator}`)
}

const like = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  )

const many = (values: Values): readonly string[] => (typeof values === 'string' ? [values] : values)
