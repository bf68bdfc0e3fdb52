import { type Access, environmentsOf, GITHUB_ISSUER, subjectsOf } from './access.ts'

/** What `aws-actions/configure-aws-credentials` and the SDKs ask GitHub for. */
export const AWS_AUDIENCE = 'sts.amazonaws.com'

/** ARN of GitHub as an identity provider of an account; there is one an account, so its name is known beforehand. */
export const awsIdentityProvider = (account: string): string =>
  `arn:aws:iam::${account}:oidc-provider/${GITHUB_ISSUER}`

/**
 * The trust policy of a role. Every condition is StringEquals of whole values: a token without the claim does not match
 * (ForAllValues would let it in), and no value is a pattern. The ids are claims of their own, so that they hold even while
 * the legacy subject is taken.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
export function awsTrustPolicy(account: string, access: Access): string {
  const { repository, workflows } = access
  const key = (claim: string): string => `${GITHUB_ISSUER}:${claim}`
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: awsIdentityProvider(account) },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [key('aud')]: AWS_AUDIENCE,
            [key('sub')]: oneOrMore(subjectsOf(access)),
            [key('repository_id')]: repository.id,
            [key('environment')]: oneOrMore(environmentsOf(access)),
            ...(workflows.length === 0 ? {} : { [key('job_workflow_ref')]: oneOrMore(workflows) }),
          },
        },
      },
    ],
  })
}

const oneOrMore = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 ? (values[0] ?? '') : values

/** What `sluice bootstrap` makes stands under a path that no stack of a system may touch. */
export const AWS_BOOTSTRAP_PATH = '/sluice/bootstrap/'

export type BootstrapRole = 'plan' | 'apply'

/** `films-production-apply`. */
export const awsRoleName = (prefix: string, role: BootstrapRole): string => `${prefix}-${role}`

/** What `role-to-assume` of a workflow is. */
export const awsRoleArn = (account: string, prefix: string, role: BootstrapRole): string =>
  `arn:aws:iam::${account}:role${AWS_BOOTSTRAP_PATH}${awsRoleName(prefix, role)}`

/** The most that any role of the system may do, whatever its policy says. */
export const awsBoundaryArn = (account: string, prefix: string): string =>
  `arn:aws:iam::${account}:policy${AWS_BOOTSTRAP_PATH}${prefix}-boundary`
