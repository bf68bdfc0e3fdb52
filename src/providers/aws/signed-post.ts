import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { AwsCredentialIdentity } from '@aws-sdk/types'
import type { AwsSession } from './session.ts'

/** A request of an API that no bundled client speaks. */
export interface Post {
  /** As signatures name it: `ec2`. */
  readonly service: string
  readonly region: string
  /** Its path is `/`. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * A request as it goes over the wire, signed with the credentials of the session
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
 *
 * @param now milliseconds since the epoch, by the clock of AWS
 */
export async function signedPost(
  session: AwsSession,
  { service, region, url, headers, body }: Post,
  now: number,
) {
  const [{ SignatureV4 }, credentials] = await Promise.all([
    import('./sdk/signing.ts'),
    credentialsOf(session),
  ])
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 })
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: '/',
      query: {},
      headers: { host: url.host, ...headers },
      body,
    },
    { signingDate: new Date(now) },
  )
  return { method: 'POST', url: `${url.origin}/`, headers: signed.headers, body }
}

async function credentialsOf({ clients }: AwsSession): Promise<() => Promise<AwsCredentialIdentity>> {
  if (clients.credentials !== undefined) return clients.credentials
  return (await import('./sdk/signing.ts')).defaultProvider()
}

class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(keyOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}

function keyOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
