import { usageError } from '../../domain/error.ts'
import { Secret } from '../../domain/secret.ts'
import type { CredentialSource, Credentials } from '../../images/registry/credentials.ts'
import { message } from '../../runtime/events.ts'
import type { Runtime } from '../../runtime/runtime.ts'

const ARTIFACT_REGISTRY = /^(?:[a-z0-9-]+-)?docker\.pkg\.dev$/
const CONTAINER_REGISTRY = /^(?:[a-z0-9-]+\.)?gcr\.io$/
/** Whoever has this name logs in with an access token. @see https://cloud.google.com/artifact-registry/docs/docker/authentication#token */
const USER = 'oauth2accesstoken'
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
/** Milliseconds for one exchange with Google's login; the library itself waits for ever. */
const ANSWER = 30_000

export interface AccessToken {
  readonly token: Secret
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number
}

export interface ArtifactRegistryOptions {
  /** Hosts that are Artifact Registry under another name. */
  readonly hosts?: readonly string[]
  /** With it, the library has no need to ask Google for the project, which many roles may not. */
  readonly project?: string
  /** Default: what the environment gives, or application default credentials. */
  readonly accessToken?: () => Promise<AccessToken>
}

/**
 * Logs in at Artifact Registry with a token of Google Cloud. The old gcr.io holds public images too: there, nobody is
 * enough where this machine has no login.
 */
export function artifactRegistryLogins(
  runtime: Pick<Runtime, 'env' | 'log'>,
  options: ArtifactRegistryOptions = {},
): CredentialSource {
  const { hosts = [], accessToken = () => tokenOf(runtime, options.project) } = options
  const login = async (): Promise<Credentials> => {
    const { token, expiresAt } = await accessToken()
    return { username: USER, password: token, ...(expiresAt === undefined ? {} : { expiresAt }) }
  }
  return {
    async of(host) {
      if (ARTIFACT_REGISTRY.test(host) || hosts.includes(host)) return login()
      if (!CONTAINER_REGISTRY.test(host)) return undefined
      return login().catch((error: Error) => {
        runtime.log.emit(message('debug', `${host} is used without a login: ${error.message}`))
        return undefined
      })
    },
  }
}

async function tokenOf({ env }: Pick<Runtime, 'env'>, project: string | undefined): Promise<AccessToken> {
  const given = env['CLOUDSDK_AUTH_ACCESS_TOKEN']
  if (given !== undefined && given !== '') return { token: new Secret(given) }
  const { GoogleAuth } = await import('./google-auth.ts')
  try {
    const auth = new GoogleAuth({
      scopes: [SCOPE],
      ...(project === undefined ? {} : { projectId: project }),
      clientOptions: { transporterOptions: { timeout: ANSWER } },
    })
    const client = await auth.getClient()
    const { token } = await client.getAccessToken()
    if (typeof token !== 'string' || token === '') throw new Error('no access token')
    const expiry = client.credentials.expiry_date
    return { token: new Secret(token), ...(typeof expiry === 'number' ? { expiresAt: expiry } : {}) }
  } catch (cause) {
    throw usageError(
      {
        what: `Google takes no credentials of this machine: ${(cause as Error).message}`,
        rule: 'images of Artifact Registry need the application default credentials',
        remedy: 'run: gcloud auth application-default login; in a workflow, use google-github-actions/auth',
      },
      cause,
    )
  }
}
