import { createHash } from 'node:crypto'
import { AwsClient } from 'aws4fetch'

/**
 * Objects by `s3://bucket/key`, with the same code on this machine and in AWS: the endpoint and the credentials come from
 * the standard AWS variables.
 */
export class Objects {
  readonly #client: AwsClient
  readonly #endpoint: string | undefined
  readonly #region: string

  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#region = env['AWS_REGION'] ?? 'us-east-1'
    this.#endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']
    this.#client = new AwsClient({
      accessKeyId: required(env, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: required(env, 'AWS_SECRET_ACCESS_KEY'),
      ...(env['AWS_SESSION_TOKEN'] === undefined ? {} : { sessionToken: env['AWS_SESSION_TOKEN'] }),
      region: this.#region,
      service: 's3',
    })
  }

  async get(uri: string): Promise<Buffer> {
    const response = await this.#client.fetch(this.#url(uri))
    if (!response.ok)
      throw new Error(`GET ${uri}: ${response.status} ${(await response.text()).slice(0, 200)}`)
    return Buffer.from(await response.arrayBuffer())
  }

  async put(uri: string, body: string, contentType: string): Promise<void> {
    const response = await this.#client.fetch(this.#url(uri), {
      method: 'PUT',
      body,
      headers: { 'content-type': contentType },
    })
    if (!response.ok)
      throw new Error(`PUT ${uri}: ${response.status} ${(await response.text()).slice(0, 200)}`)
  }

  #url(uri: string): string {
    const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri)
    if (match === null) throw new Error(`${uri} is no s3:// URI`)
    const [, bucket = '', key = ''] = match
    const path = key.split('/').map(encodeURIComponent).join('/')
    return this.#endpoint === undefined
      ? `https://${bucket}.s3.${this.#region}.amazonaws.com/${path}`
      : `${this.#endpoint.replace(/\/$/, '')}/${bucket}/${path}`
  }
}

export function sha256(bytes: Buffer): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`)
  return value
}
