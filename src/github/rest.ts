import * as z from 'zod'
import { externalError, SluiceError } from '../domain/error.ts'
import type { Clock, Http, HttpResponse, Random } from '../runtime/runtime.ts'
import type { GitHubAddress } from './address.ts'
import { nextPage } from './link.ts'
import { type Attempt, isLimit, nextAfter } from './patience.ts'

export interface GitHubMachine {
  readonly http: Http
  readonly clock: Clock
  readonly random: Random
  readonly signal?: AbortSignal
  /** Milliseconds for one call, with all its waits. @default 15 minutes: limits of GitHub are waited out */
  readonly patience?: number
}

const TIMEOUT = 30_000
const DOWNLOAD = 5 * 60_000
const PATIENCE = 15 * 60_000
/** "wait at least one second between each" write: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api */
const BETWEEN_WRITES = 1000
const ANSWER_LIMIT = 16 * 1024 * 1024
/** Of 100 each; GitHub ends a conversation at 2,500 comments. */
const MOST_PAGES = 100

const complaintSchema = z.looseObject({ message: z.string().catch('') })

/** GitHub said no. */
export class GitHubError extends SluiceError {
  readonly status: number

  constructor(call: string, status: number, text: string, remedy: string) {
    const denied = status === 401 || status === 403 || status === 404
    super(denied ? 'cannot-observe' : 'external', denied ? 'user' : 'service', {
      what: `GitHub answered ${status} to ${call}${text === '' ? '' : `: ${text.slice(0, 300)}`}`,
      remedy,
    })
    this.status = status
  }
}

type Method = 'POST' | 'PATCH' | 'PUT' | 'DELETE'

interface Whole {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * GitHub's REST API (version 2022-11-28) for one repository. Limits, primary and secondary, are waited out; 5xx and lost answers are
 * repeated where that says the same twice; every exchange has a time-out (promise R26).
 */
export class GitHubRest {
  readonly address: GitHubAddress
  readonly #machine: GitHubMachine
  #lastWrite = Number.NEGATIVE_INFINITY

  constructor(address: GitHubAddress, machine: GitHubMachine) {
    this.address = address
    this.#machine = machine
  }

  /** @param path below the repository, with a slash: `/pulls/7`. */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const url = this.#url(path)
    return parsed(await this.#call('GET', url, undefined, true), `GET ${path}`, schema)
  }

  /** All items of all pages, as they come. */
  async *list<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
    for await (const page of this.pages(path, z.array(schema))) yield* page
  }

  /** Pages of 100. */
  async *pages<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
    let url: string | undefined = this.#url(`${path}${path.includes('?') ? '&' : '?'}per_page=100`)
    for (let page = 0; url !== undefined; page++) {
      if (page === MOST_PAGES) {
        throw externalError('service', { what: `GitHub gives more than ${MOST_PAGES} pages of ${path}` })
      }
      const answer: Whole = await this.#call('GET', url, undefined, true)
      yield parsed(answer, `GET ${path}`, schema)
      url = nextPage(answer.headers['link'], this.address.api)
    }
  }

  /**
   * The bytes of a file that GitHub keeps elsewhere and redirects to; the token does not go along.
   *
   * @throws SluiceError external, where it is larger than `limit` bytes.
   */
  async file(path: string, limit: number): Promise<Uint8Array> {
    const { status, headers, text } = await this.#call('GET', this.#url(path), undefined, true)
    const place = headers['location'] ?? ''
    const isOurs = URL.canParse(place) && new URL(place).origin === new URL(this.address.api).origin
    if (status !== 302 || !(place.startsWith('https://') || isOurs)) {
      const message = complaint(text)
      throw new GitHubError(`GET ${path}`, status, message, remedyOf({ status, headers, message }))
    }
    const { http, signal } = this.#machine
    const request = { url: place, timeout: DOWNLOAD, ...(signal === undefined ? {} : { signal }) }
    const answer = await http.request(request)
    if (answer.status === 200) return answer.bytes(limit)
    throw externalError('service', {
      what: `the file of ${path} was answered with ${answer.status}`,
      remedy: 'run it again',
    })
  }

  /** A POST is not repeated where it may have been done; the caller looks and decides. */
  async send<T>(method: Method, path: string, body: object | undefined, schema: z.ZodType<T>): Promise<T> {
    await this.#pace()
    const answer = await this.#call(method, this.#url(path), body, method !== 'POST')
    return parsed(answer, `${method} ${path}`, schema)
  }

  /** A query of the GraphQL API; it may be repeated. */
  async query<T>(query: string, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.#call('POST', this.address.graphql, { query }, true)
    return parsed(answer, 'a query', z.looseObject({ data: schema })).data
  }

  #url(path: string): string {
    return `${this.address.api}/repos/${this.address.repository}${path}`
  }

  async #pace(): Promise<void> {
    const { clock, signal } = this.#machine
    const wait = this.#lastWrite + BETWEEN_WRITES - clock.now()
    if (wait > 0) await clock.sleep(wait, signal)
    this.#lastWrite = clock.now()
  }

  async #call(method: string, url: string, body: object | undefined, repeatable: boolean): Promise<Whole> {
    const { clock, random, signal, patience = PATIENCE } = this.#machine
    const deadline = clock.now() + patience
    for (let failures = 1; ; failures++) {
      let failure: unknown
      const answer = await this.#exchange(method, url, body).catch((error: unknown) => {
        signal?.throwIfAborted()
        failure = error
        return undefined
      })
      const attempt: Attempt =
        answer === undefined ? 'no-answer' : { ...answer, message: complaint(answer.text) }
      const next = nextAfter(attempt, { repeatable, failures, now: clock.now(), deadline }, random)
      if (next === 'give-up') {
        if (answer === undefined) throw failure
        return answer
      }
      if (next === 'take') {
        if (answer === undefined) throw failure
        return answer
      }
      await clock.sleep(next.wait, signal)
    }
  }

  async #exchange(method: string, url: string, body: object | undefined): Promise<Whole> {
    const { http, signal } = this.#machine
    const response: HttpResponse = await http.request({
      method,
      url,
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        'user-agent': 'sluice',
        authorization: `Bearer ${this.address.token.reveal()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeout: TIMEOUT,
      ...(signal === undefined ? {} : { signal }),
    })
    const { status, headers } = response
    return { status, headers, text: await response.text(ANSWER_LIMIT) }
  }
}

function complaint(text: string): string {
  try {
    return complaintSchema.parse(JSON.parse(text)).message
  } catch {
    return ''
  }
}

function parsed<T>({ status, headers, text }: Whole, call: string, schema: z.ZodType<T>): T {
  if (status < 200 || status > 299) {
    const message = complaint(text)
    throw new GitHubError(call, status, message, remedyOf({ status, headers, message }))
  }
  let value: unknown
  try {
    value = text === '' ? undefined : JSON.parse(text)
  } catch (cause) {
    throw externalError('service', { what: `GitHub answered ${call} with something that is no JSON` }, cause)
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw externalError(
    'service',
    { what: `GitHub answered ${call} without ${issue?.path.join('.')}: ${issue?.message}` },
    result.error,
  )
}

function remedyOf(answer: Exclude<Attempt, 'no-answer'>): string {
  if (isLimit(answer)) return 'wait until the limit is over, then run it again'
  if (answer.status === 401) return 'give a token that is valid: the input github-token'
  if (answer.status === 403 || answer.status === 404) {
    return 'see the permissions of the job: the README of the action lists what it needs'
  }
  return 'run it again; https://www.githubstatus.com says whether GitHub has trouble'
}
