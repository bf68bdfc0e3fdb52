import type * as z from 'zod'
import { externalError, SluiceError } from '../../domain/error.ts'
import type { Secret } from '../../domain/secret.ts'
import type { HttpRequest, HttpResponse, Runtime } from '../../runtime/runtime.ts'
import type { Access } from './access.ts'
import { GcpError } from './trouble.ts'

/** Milliseconds for one exchange with Google, its body included. */
const ANSWER = 30_000
const ANSWER_LIMIT = 16 * 1024 * 1024

/** Where each service answers: `https://<name>.googleapis.com`, unless gcloud's variable says otherwise. */
const SERVICES = [
  'run',
  'storage',
  'logging',
  'monitoring',
  'sqladmin',
  'aiplatform',
  'compute',
  'bigquery',
] as const
export type GcpService = (typeof SERVICES)[number]

export interface GcpRequest {
  readonly service: GcpService
  /** Of a service that answers in each location by itself: `https://europe-west1-aiplatform.googleapis.com`. */
  readonly location?: string
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** From the root, query included: `/v2/projects/films/locations/europe-west1/services/web`. */
  readonly path: string
  /** An object is sent as JSON. */
  readonly body?: object | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Where a second call does no more than the first, it is repeated when no answer came. @default GET alone */
  readonly repeatable?: boolean
  /** Milliseconds. @default 30 s */
  readonly timeout?: number
}

export interface GcpClient {
  /** @throws GcpError for every answer that is not 2xx; SluiceError external where Google does not answer. */
  json<T>(request: GcpRequest, schema: z.ZodType<T>): Promise<T>
  /** The same; undefined where there is no such thing (404). */
  find<T>(request: GcpRequest, schema: z.ZodType<T>): Promise<T | undefined>
  /** Any answer below 500 but 429, its body unread. */
  send(request: GcpRequest): Promise<HttpResponse>
}

/** Throttled calls are borne this long (promise R26): the quotas of Cloud Run are per minute. */
const THROTTLED = 15 * 60_000
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 32_000
/** Attempts where no answer came, or Google's own failure did. */
const ATTEMPTS = 3

/**
 * Google's APIs as REST. What is throttled is asked again with full jitter
 * (https://cloud.google.com/storage/docs/retry-strategy#exponential-backoff), `Retry-After` is obeyed, a token that ended is
 * renewed once, and every exchange has a time-out.
 */
export function openClient(
  runtime: Pick<Runtime, 'env' | 'http' | 'clock' | 'random' | 'signals'>,
  access: Access,
): GcpClient {
  const { env, http, clock, random, signals } = runtime

  const exchange = async (request: GcpRequest, token: Secret): Promise<HttpResponse> => {
    const { service, location, method = 'GET', path, body, headers, timeout = ANSWER } = request
    const json = body !== undefined && !(body instanceof Uint8Array)
    const sent: HttpRequest = {
      method,
      url: baseOf(env, service, location) + path,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        ...(json ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as Uint8Array) }),
      timeout,
      signal: signals.cancelled,
    }
    return http.request(sent)
  }

  const pause = async (attempt: number, least = 0): Promise<void> => {
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt)
    const share = (random.bytes(1)[0] ?? 0) / 255
    await clock.sleep(Math.max(least, Math.round(share * most)), signals.cancelled)
  }

  const send = async (request: GcpRequest): Promise<HttpResponse> => {
    const { method = 'GET', path, repeatable = method === 'GET' } = request
    const what = `${method} ${path.split('?')[0]}`
    const until = clock.now() + THROTTLED
    let renewed = false
    let failures = 0
    for (let attempt = 0; ; attempt++) {
      const answer = await exchange(request, await access.token(renewed)).catch((cause: unknown) => {
        signals.cancelled.throwIfAborted()
        return cause instanceof SluiceError ? cause : unanswered(what, cause)
      })
      if (answer instanceof SluiceError) {
        if (!repeatable || ++failures >= ATTEMPTS) throw answer
        await pause(attempt)
        continue
      }
      const { status } = answer
      if (status === 401 && !renewed) {
        await answer.text(ANSWER_LIMIT)
        renewed = true
        continue
      }
      if (status < 500 && status !== 429) return answer
      const trouble = new GcpError(what, status, await answer.text(ANSWER_LIMIT))
      const throttled = status === 429
      if (throttled ? clock.now() >= until : !repeatable || ++failures >= ATTEMPTS) throw trouble
      await pause(attempt, retryAfter(answer))
    }
  }

  const parsed = async <T>(request: GcpRequest, schema: z.ZodType<T>, answer: HttpResponse): Promise<T> => {
    const { method = 'GET', path } = request
    const what = `${method} ${path.split('?')[0]}`
    const text = await answer.text(ANSWER_LIMIT)
    if (answer.status >= 300) throw new GcpError(what, answer.status, text)
    return parse(schema, what, text)
  }

  return {
    send,
    json: async (request, schema) => parsed(request, schema, await send(request)),
    async find(request, schema) {
      const answer = await send(request)
      if (answer.status !== 404) return parsed(request, schema, answer)
      await answer.text(ANSWER_LIMIT)
      return undefined
    },
  }
}

/** `CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN`: https://cloud.google.com/sdk/docs/properties */
function baseOf(env: Runtime['env'], service: GcpService, location?: string): string {
  const given = env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`]
  const name = location === undefined ? service : `${location}-${service}`
  return (given || `https://${name}.googleapis.com`).replace(/\/$/, '')
}

/** Milliseconds; dates are not what Google sends. */
function retryAfter({ headers }: HttpResponse): number {
  const seconds = Number(headers['retry-after'] ?? 0)
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), 300) * 1000 : 0
}

/** A 200 that breaks off in the middle is no answer. */
function parse<T>(schema: z.ZodType<T>, what: string, text: string): T {
  let value: unknown
  try {
    value = text === '' ? {} : JSON.parse(text)
  } catch (cause) {
    throw externalError('service', { what: `${what}: the answer is no JSON: ${text.slice(0, 100)}` }, cause)
  }
  const known = schema.safeParse(value)
  if (known.success) return known.data
  throw externalError(
    'service',
    { what: `${what}: Google's answer is not what it documents: ${known.error.issues[0]?.message ?? ''}` },
    known.error,
  )
}

const unanswered = (what: string, cause: unknown): SluiceError =>
  externalError('service', { what: `${what}: ${(cause as Error).message}` }, cause)
