import type { ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'
import type { SystemStack } from '../../core/system-stack.ts'
import { grant, type Permission } from '../permission.ts'
import type { ServiceAccount } from '../service-account.ts'

/** One that may do something: what runs, or what starts it. */
export interface Permitted {
  /** Unique among all that connect: `api`, `sentiment.extract`. */
  readonly name: string
  readonly account: ServiceAccount
}

/** One permission of who connects. They stand together, so no two names can make one id. */
export function permit(
  stack: SystemStack,
  { name, account }: Permitted,
  id: string,
  permission: Permission,
): ITerraformDependable {
  return grant(accessOf(stack, name), id, account.member, permission)
}

/** What holds the permissions and rules of one that connects. */
export function accessOf(stack: SystemStack, name: string): Construct {
  const known = stack.node.tryFindChild(`access-${name}`)
  return known instanceof Construct ? known : new Construct(stack, `access-${name}`)
}
