import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export type Access =
  | { readonly kind: 'open' }
  | { readonly kind: 'basic'; readonly users: Readonly<Record<string, string>> }
  | {
      readonly kind: 'bearer'
      readonly users: Readonly<Record<string, string>>
      /** Seconds. */
      readonly life: number
      readonly now: () => number
      /** Whether nobody may read. */
      readonly anonymous?: boolean
    }

interface Token {
  readonly scopes: ReadonlySet<string>
  readonly ends: number
}

/** Who may do what at the fake registry. */
export class Gate {
  readonly #access: Access
  readonly tokens = new Map<string, Token>()
  /** Every login at the token server: who, and for what. */
  readonly logins: { readonly user: string; readonly scopes: readonly string[] }[] = []

  constructor(access: Access) {
    this.#access = access
  }

  /** The `WWW-Authenticate` that a request is refused with; undefined where it may pass. */
  refuses(request: IncomingMessage, origin: string, repository: string, writes: boolean): string | undefined {
    const header = request.headers.authorization
    switch (this.#access.kind) {
      case 'open':
        return undefined
      case 'basic':
        return this.#user(header) === undefined ? 'Basic realm="fake"' : undefined
      case 'bearer': {
        const token = this.tokens.get(header?.replace(/^Bearer /, '') ?? '')
        const action = writes ? 'pull,push' : 'pull'
        const fits = (scope: string): boolean =>
          scope === `repository:${repository}:${action}` || scope === `repository:${repository}:pull,push`
        if (token !== undefined && token.ends > this.#access.now() && [...token.scopes].some(fits))
          return undefined
        const scope = repository === '' ? '' : `,scope="repository:${repository}:${action}"`
        const error = token === undefined ? '' : ',error="invalid_token"'
        return `Bearer realm="${origin}/token",service="fake"${scope}${error}`
      }
      default:
        return this.#access satisfies never
    }
  }

  /** GET with Basic, or POST with a refresh token (the body). */
  issue(request: IncomingMessage, url: URL, body: string): { status: number; body: object } {
    if (this.#access.kind !== 'bearer') return { status: 404, body: {} }
    const form = new URLSearchParams(body)
    const refresh = form.get('refresh_token')
    const user = refresh === null ? this.#user(request.headers.authorization) : this.#byPassword(refresh)
    if (user === undefined && (request.headers.authorization !== undefined || !this.#access.anonymous)) {
      return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'wrong login' }] } }
    }
    const scopes = refresh === null ? url.searchParams.getAll('scope') : (form.get('scope') ?? '').split(' ')
    this.logins.push({ user: user ?? '', scopes })
    const token = randomUUID()
    const ends = this.#access.now() + this.#access.life * 1000
    this.tokens.set(token, { scopes: new Set(scopes), ends })
    return {
      status: 200,
      body: { [refresh === null ? 'token' : 'access_token']: token, expires_in: this.#access.life },
    }
  }

  #user(header: string | undefined): string | undefined {
    if (this.#access.kind === 'open' || !header?.startsWith('Basic ')) return undefined
    const [user = '', password] = Buffer.from(header.slice(6), 'base64').toString('utf8').split(':')
    return this.#access.users[user] === password ? user : undefined
  }

  #byPassword(password: string): string | undefined {
    if (this.#access.kind === 'open') return undefined
    return Object.entries(this.#access.users).find(([, known]) => known === password)?.[0]
  }
}
