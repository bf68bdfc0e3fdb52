import type { Secret } from '../../domain/secret.ts'

/** What a request does to a repository, as a token of the registry states it. */
export interface Scope {
  /** Without the host. */
  readonly repository: string
  readonly actions: 'pull' | 'pull,push'
}

export interface Credentials {
  /** `<token>` where the password is an identity token, as Docker's credential helpers have it. */
  readonly username: string
  readonly password: Secret
  /** Milliseconds since the epoch; absent: until they are refused. */
  readonly expiresAt?: number
}

export const IDENTITY_TOKEN = '<token>'

/** Who we are to a registry. */
export interface CredentialSource {
  /**
   * By the host as references name it (`127.0.0.1:5000`, `docker.io`). Asked again when what it gave expires or is
   * refused. undefined: nobody, which is enough for public images.
   */
  of(host: string, scopes?: readonly Scope[]): Promise<Credentials | undefined>
}

export const anonymous: CredentialSource = { of: async () => undefined }

/** The first source that knows the host. */
export function firstOf(...sources: readonly CredentialSource[]): CredentialSource {
  return {
    async of(host, scopes) {
      for (const source of sources) {
        const found = await source.of(host, scopes)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}
