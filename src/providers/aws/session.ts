import type { AwsCredentialIdentityProvider } from '@aws-sdk/types'
import { usageError } from '../../domain/error.ts'
import type { ProviderContext } from '../provider.ts'

/** Milliseconds to a connection, and from a request to its whole answer. The SDK itself waits for ever. */
const CONNECT = 5_000
const ANSWER = 30_000

/** What every client of the SDK is made with, and whose account it is to work in. */
export interface AwsSession {
  /** 12 digits. */
  readonly account: string
  readonly region: string
  readonly clients: ClientSettings
  /** For every call: cancelling ends it. */
  readonly call: { readonly abortSignal: AbortSignal }
}

export interface ClientSettings {
  readonly region: string
  readonly maxAttempts: number
  readonly requestHandler: {
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly throwOnRequestTimeout: true
  }
  readonly endpoint?: string
  /** Absent: the standard chain (environment, profile, web identity, instance). */
  readonly credentials?: AwsCredentialIdentityProvider
}

/** An environment's account and region, and clients that give up in time. Nothing is called yet. */
export function awsSession({ runtime, system }: ProviderContext): AwsSession {
  const { name, account, region } = system.environment
  if (account === undefined || region === undefined) {
    throw usageError({
      what: `environment ${name} has no ${account === undefined ? 'account' : 'region'}`,
      rule: 'an environment on AWS says its account and its region',
      remedy: `write environments.${name}.${account === undefined ? 'account: "123456789012"' : 'region: us-east-1'}`,
    })
  }
  const endpoint = runtime.env['AWS_ENDPOINT_URL']
  return {
    account,
    region,
    clients: {
      region,
      maxAttempts: 4,
      requestHandler: {
        connectionTimeout: CONNECT,
        requestTimeout: ANSWER,
        throwOnRequestTimeout: true,
      },
      ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
    },
    call: { abortSignal: runtime.signals.cancelled },
  }
}
