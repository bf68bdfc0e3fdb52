import { policyDocument, type Statement } from '../../core/policy.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of a managed policy, without white space. */
export const POLICY_LIMIT = 6144
/** Managed policies of a role. */
export const POLICIES_LIMIT = 10

/** Statements in as few policies as their order allows, each within IAM's limit. */
export function packed(statements: readonly Statement[]): Statement[][] {
  const policies: Statement[][] = []
  for (const statement of statements) {
    const last = policies.at(-1)
    if (last !== undefined && policyDocument([...last, statement]).length <= POLICY_LIMIT)
      last.push(statement)
    else policies.push([statement])
  }
  return policies
}
