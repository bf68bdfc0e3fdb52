import { externalError, usageError } from '../../domain/error.ts'
import type { HttpResponse } from '../../runtime/runtime.ts'
import type { ProviderContext } from '../provider.ts'

/** Milliseconds for one exchange with Google, its body included. */
const ANSWER = 30_000
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** Where each service answers, and the variable of gcloud that says otherwise. */
const SERVICES = {
  storage: ['https://storage.googleapis.com', 'CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE'],
  cloudresourcemanager: [
    'https://cloudresourcemanager.googleapis.com',
    'CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER',
  ],
} as const

export interface GcpRequest {
  readonly service: keyof typeof SERVICES
  readonly method?: 'GET' | 'POST' | 'PATCH'
  /** From the root: `/storage/v1/b/films`. */
  readonly path: string
  readonly body?: object
}

export interface GcpAnswer {
  readonly status: number
  /** The JSON that came, whatever it is. */
  readonly body: unknown
}

export interface GcpSession {
  readonly project: string
  readonly location: string
  /**
   * One exchange. Answers 200 to 499 are values.
   *
   * @throws SluiceError usage without credentials, external where Google fails or asks to come back later
   */
  call(request: GcpRequest): Promise<GcpAnswer>
}

export function gcpSession({ runtime, system }: ProviderContext): GcpSession {
  const { name, project, region } = system.environment
  if (project === undefined || region === undefined) {
    throw usageError({
      what: `environment ${name} has no ${project === undefined ? 'project' : 'region'}`,
      rule: 'an environment on Google Cloud says its project and its region',
      remedy: `write environments.${name}.${project === undefined ? 'project: my-project' : 'region: europe-west1'}`,
    })
  }
  let token: Promise<string> | undefined
  return {
    project,
    location: region,
    call: async ({ service, method = 'GET', path, body }) => {
      token ??= accessToken(runtime.env['CLOUDSDK_AUTH_ACCESS_TOKEN'])
      const [address, variable] = SERVICES[service]
      const base = (runtime.env[variable] || address).replace(/\/$/, '')
      const response = await runtime.http.request({
        method,
        url: base + path,
        headers: {
          authorization: `Bearer ${await token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeout: ANSWER,
        signal: runtime.signals.cancelled,
      })
      return answer(response, `${method} ${path.split('?')[0]}`)
    },
  }
}

async function answer(response: HttpResponse, what: string): Promise<GcpAnswer> {
  const { status } = response
  const text = await response.text(1_000_000)
  if (status === 429 || status >= 500) {
    throw externalError('service', { what: `${what}: Google answered ${status}: ${text.slice(0, 200)}` })
  }
  if (status === 401) throw noCredentials(`${what}: ${text.slice(0, 200)}`)
  try {
    return { status, body: text === '' ? {} : JSON.parse(text) }
  } catch (cause) {
    throw externalError('service', { what: `${what}: the answer is no JSON: ${text.slice(0, 200)}` }, cause)
  }
}

async function accessToken(given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '') return given
  const { GoogleAuth } = await import('./google-auth.ts')
  try {
    const found = await new GoogleAuth({ scopes: [SCOPE] }).getAccessToken()
    if (typeof found === 'string' && found !== '') return found
  } catch (cause) {
    throw noCredentials((cause as Error).message, cause)
  }
  throw noCredentials('no access token')
}

const noCredentials = (what: string, cause?: unknown): Error =>
  usageError(
    {
      what: `Google takes no credentials of this machine: ${what}`,
      rule: 'credentials are the application default ones',
      remedy: 'run: gcloud auth application-default login; in a workflow, use google-github-actions/auth',
    },
    cause,
  )
