import type { AwsSession } from '../../../src/providers/aws/session.ts'

/** A session that nobody has logged in for, at an endpoint of the test's. */
export function testSession(options: {
  readonly endpoint: string
  readonly account?: string
  readonly region?: string
  readonly timeout?: number
}): AwsSession {
  const { endpoint, account = '123456789012', region = 'eu-west-1', timeout = 20_000 } = options
  return {
    account,
    region,
    clients: {
      region,
      endpoint,
      maxAttempts: 1,
      requestHandler: { connectionTimeout: timeout, requestTimeout: timeout, throwOnRequestTimeout: true },
      credentials: async () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 'canary-secret' }),
    },
    call: { abortSignal: new AbortController().signal },
  }
}
