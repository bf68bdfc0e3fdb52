import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js'
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js'
import { Construct } from 'constructs'
import { ServiceAccount } from './service-account.ts'

export interface PushIdentityProps {
  /** Cut with a hash where it is longer than the 30 characters of an account's id. */
  readonly name: string
  readonly region: string
  /** Name of the service of Cloud Run that is called. */
  readonly service: string
  /** Member that makes the tokens: Pub/Sub's agent. */
  readonly agent: string
}

/** Who Pub/Sub calls a service as: an account that may call this one service, and nothing else. */
export class PushIdentity extends Construct {
  /** Address of the account, once it may call. */
  readonly email: string

  constructor(scope: Construct, id: string, { name, region, service, agent }: PushIdentityProps) {
    super(scope, id)
    const account = new ServiceAccount(this, 'identity', {
      name,
      description: `Pushes messages to ${service}`,
    })
    new CloudRunV2ServiceIamMember(this, 'calls', {
      name: service,
      location: region,
      role: 'roles/run.invoker',
      member: account.member,
    })
    // https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
    new ServiceAccountIamMember(this, 'tokens', {
      serviceAccountId: account.name,
      role: 'roles/iam.serviceAccountOpenIdTokenCreator',
      member: agent,
    })
    this.email = account.email
  }
}
