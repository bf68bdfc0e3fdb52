/** One permission of an IAM policy. */
export interface Statement {
  /** `s3:GetObject`. */
  readonly actions: readonly string[]
  /** ARNs. */
  readonly resources: readonly string[]
  /** All but these ARNs; for denials, in place of `resources`. */
  readonly notResources?: readonly string[]
  /** @default Allow */
  readonly effect?: 'Allow' | 'Deny'
  /** Operator -> key -> values. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
  /** Who; only in policies of resources. */
  readonly principals?: '*' | Readonly<Record<string, string | readonly string[]>>
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(
      ({ actions, resources, notResources, effect = 'Allow', conditions, principals }) => ({
        Effect: effect,
        ...(principals === undefined ? {} : { Principal: principals }),
        Action: actions,
        ...(resources.length === 0 ? {} : { Resource: resources }),
        ...(notResources === undefined ? {} : { NotResource: notResources }),
        ...(conditions === undefined ? {} : { Condition: conditions }),
      }),
    ),
  })
}

/** Services that say for whose resource they take on a role; the others are refused by such a condition. */
const SAYS_ACCOUNT = new Set(['ecs-tasks.amazonaws.com', 'scheduler.amazonaws.com', 'states.amazonaws.com'])

/**
 * The trust policy of a role that an AWS service takes on, where it can be said for this account's resources alone
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
 */
export function trust(service: string, account: string): string {
  const conditions = SAYS_ACCOUNT.has(service)
    ? { conditions: { StringEquals: { 'aws:SourceAccount': account } } }
    : {}
  return policyDocument([
    { actions: ['sts:AssumeRole'], resources: [], principals: { Service: service }, ...conditions },
  ])
}
