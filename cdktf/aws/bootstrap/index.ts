import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy/index.js'
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js'
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js'
import { App } from 'cdktf'
import { bug } from '../../../src/domain/error.ts'
import type { Bootstrap, Logins } from '../../../src/domain/stacks/bootstrapper.ts'
import type { Stack } from '../../../src/domain/stacks/synthesizer.ts'
import type { Access } from '../../../src/domain/trust/access.ts'
import {
  AWS_BOOTSTRAP_PATH,
  awsRoleArn,
  awsRoleName,
  awsTrustPolicy,
  type BootstrapRole,
} from '../../../src/domain/trust/aws.ts'
import { literals } from '../../core/literal.ts'
import { policyDocument, type Statement } from '../../core/policy.ts'
import { stacksOf } from '../../core/stacks-of.ts'
import { SystemStack } from '../../core/system-stack.ts'
import { boundary } from './escalation.ts'
import { packed } from './pack.ts'
import { alsoOnPreviews, removesStates } from './previews.ts'
import { applyStatements, planStatements } from './roles.ts'
import { type Scope, scopeOf } from './scope.ts'

/** Seconds of one login. A rollout with bake times is longer than an hour. */
const SESSION = { plan: 3_600, apply: 4 * 3_600 } as const

/**
 * The roles of an environment. An administrator applies it by `sluice bootstrap`; its state lies beside those of the
 * system, where the roles may read it and not write it.
 */
export function bootstrapAws(input: Bootstrap): { stack: Stack; logins: Logins } {
  const { system, accesses } = literals(input)
  const { region, account, name, tags } = system.environment
  if (region === undefined || account === undefined) {
    throw bug(`environment ${name} came to the compiler without region or account`)
  }
  const scope = scopeOf(system, account, region)
  const app = new App({ stackTraces: false, outdir: '.', skipValidation: true })
  const stack = new SystemStack(app, 'bootstrap', {
    state: { kind: 's3', bucket: scope.stateBucket, region, prefix: scope.stateFolder },
    targets: { schema: 'sluice.targets/v1', system: system.name, environment: name, region },
  })
  const own = { 'sluice:system': system.name, 'sluice:environment': name, 'sluice:stack': 'bootstrap' }
  new AwsProvider(stack, 'aws', {
    region,
    allowedAccountIds: [account],
    defaultTags: [{ tags: { ...tags, ...own } }],
  })
  const { previews } = system.environment
  const also = (statements: readonly Statement[]) =>
    previews === undefined ? statements : alsoOnPreviews(statements, scope)
  new IamPolicy(stack, 'boundary', {
    name: `${scope.prefix}-boundary`,
    path: AWS_BOOTSTRAP_PATH,
    description: `The most that any role of ${system.name} in ${name} may do`,
    policy: policyDocument(also(boundary(scope))),
  })
  const removal = previews === undefined ? [] : [removesStates(scope)]
  role(stack, scope, 'plan', accesses.plan, also(planStatements(scope)))
  role(stack, scope, 'apply', accesses.apply, [...also(applyStatements(scope)), ...removal])
  const [made] = stacksOf(app)
  if (made === undefined) throw bug('the app of bootstrap has no stack')
  const login = (kind: BootstrapRole): string => awsRoleArn(account, scope.prefix, kind)
  return { stack: made, logins: { plan: login('plan'), apply: login('apply') } }
}

function role(
  stack: SystemStack,
  scope: Scope,
  kind: BootstrapRole,
  access: Access,
  statements: readonly Statement[],
): void {
  const name = awsRoleName(scope.prefix, kind)
  const made = new IamRole(stack, kind, {
    name,
    path: AWS_BOOTSTRAP_PATH,
    description: `Jobs of ${access.repository.owner}/${access.repository.name} in environment ${access.environment}`,
    assumeRolePolicy: awsTrustPolicy(scope.account, access),
    maxSessionDuration: SESSION[kind],
  })
  for (const [index, policy] of packed(statements).entries()) {
    const id = `${kind}-${index + 1}`
    const managed = new IamPolicy(stack, id, {
      name: `${name}-${index + 1}`,
      path: AWS_BOOTSTRAP_PATH,
      policy: policyDocument(policy),
    })
    new IamRolePolicyAttachment(stack, `${id}-attached`, { role: made.name, policyArn: managed.arn })
  }
}
