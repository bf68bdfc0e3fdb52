import { externalError } from '../../domain/error.ts'
import { Secret } from '../../domain/secret.ts'
import { type Challenge, parseChallenge } from './challenge.ts'
import { type CredentialSource, type Credentials, IDENTITY_TOKEN, type Scope } from './credentials.ts'
import { type Line, readWhole, repeated } from './line.ts'
import { isLoopback } from './reference.ts'
import { loginProblem, refusal } from './trouble.ts'

/** What goes into `Authorization`, and until when, in milliseconds since the epoch. */
interface Pass {
  readonly header: Secret
  readonly expiresAt: number
}

/** A pass is renewed so long before its end, so that it does not end on the way. */
const EARLY = 15_000
/** The token specification's default for `expires_in`. */
const DEFAULT_LIFE = 60_000

/**
 * Logs in at one registry: nobody until it asks, then `Basic`, or a token for just the scopes of a request
 * (https://distribution.github.io/distribution/spec/auth/token/).
 */
export class Authorizer {
  readonly #host: string
  readonly #line: Line
  readonly #source: CredentialSource
  #challenge: Challenge | undefined
  #credentials: Credentials | undefined
  readonly #passes = new Map<string, Promise<Pass>>()

  constructor(host: string, line: Line, source: CredentialSource) {
    this.#host = host
    this.#line = line
    this.#source = source
  }

  /** For the header `Authorization`; undefined as long as nobody has asked for one. */
  async pass(scopes: readonly Scope[]): Promise<Secret | undefined> {
    const challenge = this.#challenge
    if (challenge === undefined) return undefined
    const key = challenge.scheme === 'basic' ? '' : scopeTexts(scopes, challenge).join(' ')
    const known = await this.#passes.get(key)?.catch(() => undefined)
    if (known !== undefined && known.expiresAt - EARLY > this.#now()) return known.header
    const fresh = this.#issue(challenge, scopes)
    this.#passes.set(key, fresh)
    return (await fresh).header
  }

  /**
   * A request with this pass, or with none, was answered with 401: the pass is worth nothing any more, and the answer says
   * what is wanted.
   */
  refused(header: string | undefined, used: Secret | undefined): void {
    const challenge = parseChallenge(header ?? '')
    if (challenge === undefined) {
      throw loginProblem(this.#host, `it answers 401 without a way to log in (${header ?? 'no header'})`)
    }
    this.#challenge = challenge
    if (used === undefined) return
    this.#passes.clear()
    this.#credentials = undefined
  }

  async #issue(challenge: Challenge, scopes: readonly Scope[]): Promise<Pass> {
    const credentials = await this.#login(scopes)
    switch (challenge.scheme) {
      case 'basic':
        if (credentials === undefined) throw loginProblem(this.#host, 'it wants a login, and there is none')
        return {
          header: basic(credentials),
          expiresAt: credentials.expiresAt ?? Number.POSITIVE_INFINITY,
        }
      case 'bearer':
        return this.#token(challenge, scopes, credentials)
      default:
        return challenge satisfies never
    }
  }

  async #login(scopes: readonly Scope[]): Promise<Credentials | undefined> {
    const known = this.#credentials
    if (known !== undefined && (known.expiresAt ?? Number.POSITIVE_INFINITY) - EARLY > this.#now())
      return known
    this.#credentials = await this.#source.of(this.#host, scopes)
    if (this.#credentials !== undefined) this.#mask(this.#credentials.password.reveal())
    return this.#credentials
  }

  async #token(
    challenge: Extract<Challenge, { scheme: 'bearer' }>,
    scopes: readonly Scope[],
    credentials: Credentials | undefined,
  ): Promise<Pass> {
    const url = realmOf(challenge.realm, this.#host)
    const wanted = scopeTexts(scopes, challenge)
    const identity = credentials?.username === IDENTITY_TOKEN
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'sluice' })
    if (identity) {
      form.set('refresh_token', credentials.password.reveal())
      form.set('service', challenge.service ?? '')
      form.set('scope', wanted.join(' '))
    } else {
      if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
      for (const scope of wanted) url.searchParams.append('scope', scope)
    }
    const asked = this.#now()
    const outcome = await repeated(
      this.#line,
      {
        method: identity ? 'POST' : 'GET',
        url,
        headers: identity
          ? { 'content-type': 'application/x-www-form-urlencoded' }
          : credentials === undefined
            ? {}
            : { authorization: basic(credentials).reveal() },
        ...(identity ? { body: Buffer.from(form.toString()) } : {}),
        kind: identity ? 'stream' : 'document',
        patience: 'headers',
        signal: this.#line.signal,
      },
      readWhole,
    )
    const what = `the login of registry ${this.#host} at ${url.origin}`
    if (outcome.kind === 'broken') {
      throw externalError('service', { what: `${what}: ${outcome.why}` }, outcome.cause)
    }
    if (outcome.answer.status !== 200) throw refusal(this.#host, what, outcome.answer)
    return this.#passOf(outcome.answer.bytes, asked, what)
  }

  #passOf(bytes: Uint8Array, asked: number, what: string): Pass {
    let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown }
    try {
      answer = JSON.parse(Buffer.from(bytes).toString('utf8'))
    } catch (cause) {
      throw externalError('service', { what: `${what} answers no JSON` }, cause)
    }
    const token = answer.token ?? answer.access_token
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
      throw externalError('service', { what: `${what} gives no token` })
    }
    this.#mask(token)
    const life = typeof answer.expires_in === 'number' ? answer.expires_in * 1000 : DEFAULT_LIFE
    // A short life may not be over before the pass is used once.
    return { header: new Secret(`Bearer ${token}`), expiresAt: asked + Math.max(life, 2 * EARLY) }
  }

  #mask(value: string): void {
    this.#line.runtime.log.emit({ kind: 'mask', value })
  }

  #now(): number {
    return this.#line.runtime.clock.now()
  }
}

function basic({ username, password }: Credentials): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`)
}

function scopeTexts(scopes: readonly Scope[], challenge: Challenge): string[] {
  const ours = scopes.map(({ repository, actions }) => `repository:${repository}:${actions}`)
  // What the registry asks for beside repositories (a catalogue, a plugin) is known to it alone.
  const theirs = challenge.scheme === 'bearer' ? challenge.scopes : []
  const others = theirs.filter((scope) => !scope.startsWith('repository:'))
  return [...new Set([...ours, ...others])].sort()
}

/** Credentials go to a realm in the clear only on this machine. */
function realmOf(realm: string, host: string): URL {
  let url: URL
  try {
    url = new URL(realm)
  } catch (cause) {
    throw externalError('service', { what: `registry ${host} sends us to ${realm} to log in` }, cause)
  }
  if (url.protocol === 'https:') return url
  if (url.protocol === 'http:' && isLoopback(url.host) && isLoopback(host)) return url
  throw externalError('service', {
    what: `registry ${host} sends us to ${url.origin} to log in`,
    rule: 'a login goes over HTTPS',
    remedy: 'have the registry name an https:// realm',
  })
}
