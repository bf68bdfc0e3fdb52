import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js'
import { Construct } from 'constructs'
import { policyDocument, type Statement, trust } from '../core/policy.ts'
import { within } from '../core/short-hash.ts'

export interface RoleProps {
  /** Cut with a hash where it is longer than IAM's 64 characters. */
  readonly name: string
  /** The AWS service that takes it on: `ecs-tasks.amazonaws.com`. */
  readonly service: string
  /** AWS account id. */
  readonly account: string
  /** What it may do, and nothing else. */
  readonly statements: readonly Statement[]
}

/** A role of one service, for one purpose, with its permissions written out. */
export class Role extends Construct {
  readonly arn: string
  readonly name: string

  constructor(scope: Construct, id: string, { name, service, account, statements }: RoleProps) {
    super(scope, id)
    const role = new IamRole(this, 'role', {
      name: within(name, 64),
      assumeRolePolicy: trust(service, account),
    })
    if (statements.length > 0) {
      new IamRolePolicy(this, 'policy', {
        name: 'permissions',
        role: role.id,
        policy: policyDocument(statements),
      })
    }
    this.arn = role.arn
    this.name = role.name
  }
}
