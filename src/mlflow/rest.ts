import * as z from 'zod'
import { externalError, SluiceError } from '../domain/error.ts'
import type { Secret } from '../domain/secret.ts'
import { jittered } from '../runtime/poll.ts'
import type { Clock, Http, HttpResponse, Random } from '../runtime/runtime.ts'

export interface MlflowAddress {
  /** MLFLOW_TRACKING_URI, `http(s)://host[:port][/prefix]`. */
  readonly url: string
  /** MLFLOW_TRACKING_TOKEN, sent as a bearer token. */
  readonly token?: Secret
  /** MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD. */
  readonly basic?: { readonly username: string; readonly password: Secret }
}

export interface MlflowMachine {
  readonly http: Http
  readonly clock: Clock
  readonly random: Random
  readonly signal?: AbortSignal
}

interface Api {
  readonly prefix: string
  readonly content: string
}
const REGISTRY: Api = { prefix: 'mlflow', content: 'application/json' }
const ARTIFACTS: Api = { prefix: 'mlflow-artifacts/artifacts', content: 'application/octet-stream' }

const TIMEOUT = 30_000
const ATTEMPTS = 5
const FIRST_PAUSE = 250
const ANSWER_LIMIT = 64 * 1024 * 1024

/** `{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "..."}`: https://mlflow.org/docs/latest/rest-api.html */
const failureSchema = z.looseObject({ error_code: z.string(), message: z.string().default('') })

/** What the server said no with; undefined: it was no MLflow error. */
export class MlflowError extends SluiceError {
  readonly status: number
  readonly errorCode: string | undefined

  constructor(call: string, status: number, errorCode: string | undefined, text: string) {
    const denied = status === 401 || status === 403
    super(denied ? 'cannot-observe' : 'external', denied ? 'user' : 'service', {
      what: `MLflow answered ${status} to ${call}: ${text}`,
      remedy: denied
        ? 'set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and _PASSWORD, of who may read and write the registry'
        : 'see that MLFLOW_TRACKING_URI is an MLflow server of version 2.9 or newer, and its log',
    })
    this.status = status
    this.errorCode = errorCode
  }
}

/**
 * One MLflow server. Calls that only read, and writes that say the same when they are said twice, are repeated on
 * 429, 5xx and broken connections with growing, jittered pauses; `Retry-After` is obeyed.
 */
export class MlflowRest {
  readonly #address: MlflowAddress
  readonly #machine: MlflowMachine

  constructor(address: MlflowAddress, machine: MlflowMachine) {
    this.#address = { ...address, url: address.url.replace(/\/+$/, '') }
    this.#machine = machine
  }

  get<T>(path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>): Promise<T> {
    return this.#call('GET', `${path}?${new URLSearchParams(query)}`, undefined, schema, ATTEMPTS)
  }

  /** `repeatable: false` where a second call would make a second thing. */
  send<T>(
    method: 'POST' | 'DELETE',
    path: string,
    body: object,
    schema: z.ZodType<T>,
    { repeatable = true } = {},
  ): Promise<T> {
    return this.#call(method, path, JSON.stringify(body), schema, repeatable ? ATTEMPTS : 1)
  }

  /** Uploads a text through the server's own artifact store (`mlflow server --serve-artifacts`, its default). */
  async upload(path: string, text: string): Promise<void> {
    await this.#call('PUT', path, text, z.unknown(), ATTEMPTS, ARTIFACTS)
  }

  async #call<T>(
    method: string,
    path: string,
    body: string | undefined,
    schema: z.ZodType<T>,
    attempts: number,
    api: Api = REGISTRY,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#exchange(method, path, body, api).catch((error: unknown) => {
        if (attempt >= attempts || this.#machine.signal?.aborted) throw error
        return undefined
      })
      if (answer !== undefined && (attempt >= attempts || !isPassing(answer.status))) {
        return parse(`${method} ${path.split('?')[0]}`, answer, schema)
      }
      const pause = jittered(FIRST_PAUSE * 2 ** (attempt - 1), this.#machine.random)
      await this.#machine.clock.sleep(Math.max(pause, answer?.retryAfter ?? 0), this.#machine.signal)
    }
  }

  async #exchange(method: string, path: string, body: string | undefined, api: Api): Promise<Answer> {
    const { url } = this.#address
    const { http, signal } = this.#machine
    const response = await http.request({
      method,
      url: `${url}/api/2.0/${api.prefix}/${path}`,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': api.content }),
        ...authorization(this.#address),
      },
      ...(body === undefined ? {} : { body }),
      timeout: TIMEOUT,
      ...(signal === undefined ? {} : { signal }),
    })
    return {
      status: response.status,
      text: await response.text(ANSWER_LIMIT),
      retryAfter: retryAfter(response),
    }
  }
}

function authorization({ token, basic }: MlflowAddress): Record<string, string> {
  if (basic !== undefined) {
    const pair = Buffer.from(`${basic.username}:${basic.password.reveal()}`).toString('base64')
    return { authorization: `Basic ${pair}` }
  }
  return token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }
}

interface Answer {
  readonly status: number
  readonly text: string
  /** Milliseconds. */
  readonly retryAfter: number
}

const isPassing = (status: number): boolean => status === 429 || status >= 500

/** Seconds only; a date is not worth the trouble here. At most a minute. */
function retryAfter({ headers }: HttpResponse): number {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) * 1000 : 0
}

function parse<T>(call: string, { status, text }: Answer, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    // A taken upload is answered with nothing.
    value = text === '' && status === 200 ? {} : JSON.parse(text)
  } catch (cause) {
    if (status !== 200) throw new MlflowError(call, status, undefined, text.slice(0, 200))
    throw externalError('service', { what: `MLflow answered ${call} with something that is no JSON` }, cause)
  }
  if (status !== 200) {
    const failure = failureSchema.safeParse(value)
    throw new MlflowError(call, status, failure.data?.error_code, failure.data?.message ?? text.slice(0, 200))
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw externalError(
    'service',
    {
      what: `MLflow answered ${call} without ${issue?.path.join('.') ?? 'what was asked for'}: ${issue?.message}`,
    },
    parsed.error,
  )
}
