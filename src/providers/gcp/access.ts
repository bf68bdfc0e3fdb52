import { usageError } from '../../domain/error.ts'
import { Secret } from '../../domain/secret.ts'
import type { Runtime } from '../../runtime/runtime.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
/** Milliseconds for one exchange with Google's login; the library itself waits for ever. */
const ANSWER = 30_000

/** Who Sluice is towards Google: application default credentials, or the token that gcloud is told to use. */
export interface Access {
  /** A token for APIs that holds for a while yet; `fresh` after one was refused. */
  token(fresh?: boolean): Promise<Secret>
  /**
   * A token that proves to a service of Cloud Run who calls it; undefined where these credentials have none
   * (https://cloud.google.com/run/docs/authenticating/service-to-service).
   */
  identity(audience: string): Promise<Secret | undefined>
}

export function openAccess(runtime: Pick<Runtime, 'env'>, project: string): Access {
  const given = runtime.env['CLOUDSDK_AUTH_ACCESS_TOKEN']
  if (given !== undefined && given !== '') {
    return { token: async () => new Secret(given), identity: async () => undefined }
  }
  const library = async () => {
    const { GoogleAuth } = await import('./google-auth.ts')
    return new GoogleAuth({
      scopes: [SCOPE],
      projectId: project,
      clientOptions: { transporterOptions: { timeout: ANSWER } },
    })
  }
  let opened: ReturnType<typeof library> | undefined
  const auth = () => {
    opened ??= library()
    return opened
  }
  return {
    async token(fresh = false) {
      try {
        const client = await (await auth()).getClient()
        // The library renews what ends within minutes; what was refused it takes for good until then.
        if (fresh) client.credentials = {}
        const { token } = await client.getAccessToken()
        if (typeof token === 'string' && token !== '') return new Secret(token)
        throw new Error('no access token')
      } catch (cause) {
        throw noCredentials(cause)
      }
    },
    async identity(audience) {
      try {
        const client = await (await auth()).getIdTokenClient(audience)
        const token = await client.idTokenProvider.fetchIdToken(audience)
        return new Secret(token)
      } catch {
        // People and federated identities without an account have none: the service says then who may call it.
        return undefined
      }
    },
  }
}

const noCredentials = (cause: unknown): Error =>
  usageError(
    {
      what: `Google takes no credentials of this machine: ${(cause as Error).message}`,
      rule: 'credentials are the application default ones',
      remedy: 'run: gcloud auth application-default login; in a workflow, use google-github-actions/auth',
    },
    cause,
  )
