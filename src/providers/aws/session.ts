import type { AwsCredentialIdentityProvider } from '@aws-sdk/types'
import { usageError } from '../../domain/error.ts'
import type { Named } from '../../domain/named.ts'
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
  /** Services that answer elsewhere than the others: AWS's name of one in its variables, `S3` -> URL. */
  readonly endpoints?: Named<string>
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
    /** A body that stands still for so long is given up. */
    readonly socketTimeout?: number
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
  const { env } = runtime
  const endpoint = env['AWS_ENDPOINT_URL']
  const credentials = givenCredentials(env)
  return {
    account,
    region,
    endpoints: serviceEndpoints(env),
    clients: {
      region,
      maxAttempts: 4,
      requestHandler: {
        connectionTimeout: CONNECT,
        requestTimeout: ANSWER,
        throwOnRequestTimeout: true,
        socketTimeout: ANSWER,
      },
      ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    },
    call: { abortSignal: runtime.signals.cancelled },
  }
}

/**
 * The same, for calls that a cancel shall not end: a cancelled run has yet to stop its jobs. Each still gives up in its own
 * time.
 */
export function steadfast(session: AwsSession): AwsSession {
  return { ...session, call: { abortSignal: new AbortController().signal } }
}

/** What the client of one service is made with: `settingsFor(session, 'S3')`. */
export function settingsFor({ clients, endpoints = {} }: AwsSession, service: string): ClientSettings {
  const endpoint = endpoints[service]
  return endpoint === undefined ? clients : { ...clients, endpoint }
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function serviceEndpoints(env: Environment): Named<string> {
  const prefix = 'AWS_ENDPOINT_URL_'
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith(prefix) && value ? [[name.slice(prefix.length), value]] : [],
    ),
  )
}

/** Keys of the environment, where no profile goes before them; all else is the standard chain's. */
function givenCredentials(env: Environment): AwsCredentialIdentityProvider | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  const sessionToken = env['AWS_SESSION_TOKEN']
  if (env['AWS_PROFILE'] || !accessKeyId || !secretAccessKey) return undefined
  return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) })
}

type Environment = Readonly<Record<string, string | undefined>>
