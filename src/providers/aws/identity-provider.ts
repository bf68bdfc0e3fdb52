import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import { GITHUB_ISSUER } from '../../domain/trust/access.ts'
import { AWS_AUDIENCE, awsIdentityProvider } from '../../domain/trust/aws.ts'
import type { AwsSession } from './session.ts'
import { awsTrouble, codeOf } from './trouble.ts'

/**
 * GitHub as an identity provider. An account has one, which all its environments share, so no stack owns it; audiences that
 * others have added stay, since the trust of each role names its own.
 */
export class IdentityProvider {
  readonly #session: AwsSession
  readonly #iam: IAMClient

  constructor(session: AwsSession) {
    this.#session = session
    this.#iam = new IAMClient(session.clients)
  }

  close(): void {
    this.#iam.destroy()
  }

  async find(): Promise<'absent' | 'without-audience' | 'ready'> {
    try {
      const { ClientIDList = [] } = await this.#iam.send(
        new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: this.#arn }),
        this.#session.call,
      )
      return ClientIDList.includes(AWS_AUDIENCE) ? 'ready' : 'without-audience'
    } catch (error) {
      if (['NoSuchEntity', 'NoSuchEntityException'].includes(codeOf(error))) return 'absent'
      throw awsTrouble('looking for GitHub among the identity providers', error)
    }
  }

  /** Harmless where another call has done it meanwhile. */
  async make(found: 'absent' | 'without-audience'): Promise<void> {
    try {
      if (found === 'absent') {
        // No thumbprint: AWS checks this issuer by its own list of authorities.
        const Url = `https://${GITHUB_ISSUER}`
        const create = new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: [AWS_AUDIENCE] })
        await this.#iam.send(create, this.#session.call)
      } else {
        const which = { OpenIDConnectProviderArn: this.#arn, ClientID: AWS_AUDIENCE }
        await this.#iam.send(new AddClientIDToOpenIDConnectProviderCommand(which), this.#session.call)
      }
    } catch (error) {
      if (['EntityAlreadyExists', 'EntityAlreadyExistsException'].includes(codeOf(error))) return
      throw awsTrouble('making GitHub an identity provider', error)
    }
  }

  get #arn(): string {
    return awsIdentityProvider(this.#session.account)
  }
}
