/**
 * IAM's evaluation of permissions, as far as the policies of bootstrap go: Allow and Deny, wildcards, Resource and
 * NotResource, and the operators that stand in them. An operator that it does not know is an error.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export interface Call {
  readonly action: string
  readonly resource: string
  readonly context?: Readonly<Record<string, string>>
}

export const statementsOf = (documents: readonly string[]): readonly PolicyStatement[] =>
  documents.flatMap((text) => (JSON.parse(text) as { Statement: PolicyStatement[] }).Statement)

export function allowed(statements: readonly PolicyStatement[], call: Call): boolean {
  const hit = (effect: 'Allow' | 'Deny'): boolean =>
    statements.some((statement) => statement.Effect === effect && applies(statement, call))
  return hit('Allow') && !hit('Deny')
}

export const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
    's',
  ).test(text)

const many = (values: string | readonly string[] | undefined): readonly string[] =>
  values === undefined ? [] : typeof values === 'string' ? [values] : values

function applies(statement: PolicyStatement, { action, resource, context = {} }: Call): boolean {
  const { Action, Resource, NotResource, Condition = {} } = statement
  const onResource =
    NotResource === undefined
      ? many(Resource).some((pattern) => like(pattern, resource))
      : !many(NotResource).some((pattern) => like(pattern, resource))
  return (
    many(Action).some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())) &&
    onResource &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, context[key], many(wanted))),
    )
  )
}

function holds(operator: string, value: string | undefined, wanted: readonly string[]): boolean {
  switch (operator) {
    case 'StringEquals':
      return value !== undefined && wanted.includes(value)
    case 'StringEqualsIfExists':
      return value === undefined || wanted.includes(value)
    case 'StringNotEquals':
      return value === undefined || !wanted.includes(value)
    case 'StringLike':
    case 'ArnLike':
      return value !== undefined && wanted.some((pattern) => like(pattern, value))
    case 'Null':
      return wanted.includes(String(value === undefined))
    default:
      throw new Error(`unknown operator ${operator}`)
  }
}
