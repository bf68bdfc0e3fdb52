import type { AwsSession } from '../../../src/providers/aws/session.ts'

/** A session that nobody has logged in for, at an endpoint of the test's. */
export function testSession(options: {
  readonly endpoint: string
  readonly account?: string
  readonly region?: string
  readonly timeout?: number
  readonly attempts?: number
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly signal?: AbortSignal
}): AwsSession {
  const { endpoint, account = '123456789012', region = 'eu-west-1', timeout = 20_000 } = options
  const { attempts = 1, keys = { accessKeyId: 'AKIATEST', secretAccessKey: 'canary-secret' } } = options
  const { signal = new AbortController().signal } = options
  return {
    account,
    region,
    clients: {
      region,
      endpoint,
      maxAttempts: attempts,
      requestHandler: { connectionTimeout: timeout, requestTimeout: timeout, throwOnRequestTimeout: true },
      credentials: async () => keys,
    },
    call: { abortSignal: signal },
  }
}
