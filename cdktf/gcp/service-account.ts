import { ServiceAccount as GoogleServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js'
import { Construct } from 'constructs'
import { within } from '../core/short-hash.ts'

export interface ServiceAccountProps {
  /** Cut with a hash where it is longer than the 30 characters of an account's id. */
  readonly name: string
  /** What runs as it, in a few words. */
  readonly description: string
}

/** An account of one service, job or machine. It may do nothing until something is granted. */
export class ServiceAccount extends Construct {
  readonly email: string
  /** `serviceAccount:...`, as permissions name it. */
  readonly member: string
  /** `projects/.../serviceAccounts/...`. */
  readonly name: string

  constructor(scope: Construct, id: string, { name, description }: ServiceAccountProps) {
    super(scope, id)
    const account = new GoogleServiceAccount(this, 'account', {
      accountId: within(name, 30),
      displayName: description,
    })
    this.email = account.email
    this.member = account.member
    this.name = account.name
  }
}
