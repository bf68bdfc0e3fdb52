import type { SluiceError } from '../../domain/error.ts'
import { Authorizer } from './authorizer.ts'
import type { CredentialSource, Scope } from './credentials.ts'
import { exchange, type Line, readWhole, repeated, spill, type Whole } from './line.ts'
import { isLoopback, originOf } from './reference.ts'
import { complains, corrupted, missingRepository, refusal, unreachable } from './trouble.ts'
import type { Method, WireAnswer, WireRequest } from './wire.ts'

export interface RegistryRequest {
  readonly method: Method
  /** `/v2/...`, or where the registry told us to go on. */
  readonly path: string | URL
  readonly scopes: readonly Scope[]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Statuses that are an answer; every other is thrown. */
  readonly expected: readonly number[]
  /** What it is about, for messages: `manifest shop/api:1`. */
  readonly what: string
  readonly patience?: 'headers' | 'commit'
}

export type StreamRequest = Omit<RegistryRequest, 'body'> & { readonly body?: AsyncIterable<Uint8Array> }

/** What is sent once ends so. What broke it may be mended by whoever knows how far the other side got. */
export type Once =
  | { readonly kind: 'answer'; readonly answer: Whole }
  | { readonly kind: 'interrupted'; readonly error: SluiceError; readonly whole?: Whole }

/** A conversation with one registry. */
export interface Session {
  readonly host: string
  readonly origin: string
  readonly line: Line
  /** Whether a missing repository is one that the stack `foundation` makes. */
  readonly foundation: boolean
  /** May be sent twice: all of it comes back at once. */
  send(request: RegistryRequest): Promise<Whole>
  /** The same, with a body that is read as it comes. */
  open(request: RegistryRequest): Promise<WireAnswer>
  /** Is sent once. */
  once(request: StreamRequest): Promise<Once>
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const REDIRECTS_AT_MOST = 5
/** The first 401 says how to log in, the second that a login was over. */
const LOGINS_AT_MOST = 3

export function openSession(
  host: string,
  line: Line,
  source: CredentialSource,
  foundation: boolean,
): Session {
  const authorizer = new Authorizer(host, line, source)
  const origin = originOf(host)

  function headersOf(request: RegistryRequest | StreamRequest, url: URL, pass: Pass | undefined) {
    const own = url.origin === origin && pass !== undefined
    return { ...request.headers, ...(own ? { authorization: pass.reveal() } : {}) }
  }

  function thrown(request: { readonly what: string; readonly scopes: readonly Scope[] }, answer: Whole) {
    const repository = request.scopes[0]?.repository ?? ''
    if (foundation && answer.status === 404 && complains(answer.bytes, 'NAME_UNKNOWN')) {
      return missingRepository(host, repository)
    }
    return refusal(host, request.what, answer)
  }

  async function ask<T>(
    request: RegistryRequest,
    kind: WireRequest['kind'],
    read: (answer: WireAnswer) => Promise<T>,
  ): Promise<{ readonly answer: WireAnswer; readonly value: T }> {
    let url = new URL(request.path, origin)
    let redirects = 0
    let logins = 0
    for (;;) {
      const pass = await authorizer.pass(request.scopes)
      const outcome = await repeated(
        line,
        {
          method: request.method,
          url,
          headers: headersOf(request, url, pass),
          ...(request.body === undefined ? {} : { body: request.body }),
          kind: request.body === undefined ? kind : 'stream',
          patience: request.patience ?? 'headers',
          signal: line.signal,
        },
        async (answer) => {
          if (request.expected.includes(answer.status)) return { answer, value: await read(answer) }
          return { answer, whole: await readWhole(answer) }
        },
      )
      if (outcome.kind === 'broken') throw unreachable(host, request.what, outcome.why, outcome.cause)
      const { answer } = outcome.answer
      if ('value' in outcome.answer) return { answer, value: outcome.answer.value }
      const location = answer.headers['location']
      if (answer.status === 401 && url.origin === origin && ++logins < LOGINS_AT_MOST) {
        authorizer.refused(answer.headers['www-authenticate'], pass)
      } else if (REDIRECTS.has(answer.status) && isRead(request.method) && location !== undefined) {
        if (++redirects > REDIRECTS_AT_MOST) {
          throw unreachable(host, request.what, `more than ${REDIRECTS_AT_MOST} redirects`, undefined)
        }
        url = nextPlace(host, location, url)
      } else throw thrown(request, outcome.answer.whole)
    }
  }

  return {
    host,
    origin,
    line,
    foundation,
    send: async (request) => (await ask(request, 'document', readWhole)).value,
    open: async (request) => (await ask(request, 'stream', async (answer) => answer)).value,
    async once({ body, ...request }) {
      const url = new URL(request.path, origin)
      const pass = await authorizer.pass(request.scopes)
      const outcome = await exchange(line, {
        method: request.method,
        url,
        headers: headersOf(request, url, pass),
        ...(body === undefined ? {} : { body }),
        kind: 'stream',
        patience: request.patience ?? 'headers',
        signal: line.signal,
      })
      if (outcome.kind === 'broken') {
        return {
          kind: 'interrupted',
          error: unreachable(host, request.what, outcome.why, outcome.cause),
        }
      }
      let whole: Whole
      try {
        whole = await readWhole(outcome.answer)
      } catch (cause) {
        line.signal.throwIfAborted()
        return { kind: 'interrupted', error: unreachable(host, request.what, 'its answer was cut', cause) }
      } finally {
        await spill(outcome.answer)
      }
      if (request.expected.includes(whole.status)) return { kind: 'answer', answer: whole }
      if (whole.status === 401 && url.origin === origin) {
        authorizer.refused(whole.headers['www-authenticate'], pass)
      }
      return { kind: 'interrupted', error: thrown(request, whole), whole }
    },
  }
}

type Pass = { reveal(): string }

function isRead(method: Method): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Where an answer sends us: never from HTTPS into the clear. */
export function nextPlace(host: string, location: string, from: URL): URL {
  let next: URL
  try {
    next = new URL(location, from)
  } catch (cause) {
    throw corrupted(host, `it sends us to ${JSON.stringify(location)}, which is no address`, cause)
  }
  if (next.protocol === 'https:') return next
  if (next.protocol === 'http:' && isLoopback(next.host) && isLoopback(from.host)) return next
  throw corrupted(host, `it sends us from ${from.origin} to ${next.origin}: bytes go over HTTPS only`)
}
