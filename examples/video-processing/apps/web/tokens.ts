import { errors, jwtVerify, SignJWT } from 'jose'

const ISSUER = 'video-processing'
const LEAST_KEY = 32

/** Seconds that a token is good for. */
export const LIFETIME = 3600

export interface Tokens {
  issue(user: string): Promise<string>
  /** The user; or why the token is worth nothing, in words for its bearer. */
  read(token: string): Promise<{ readonly user: string } | { readonly refused: string }>
}

/** Signed by HMAC SHA-256, and read by nothing else: the header of a token does not choose its algorithm. */
export function openTokens(secret: string): Tokens {
  const key = new TextEncoder().encode(secret)
  if (key.length < LEAST_KEY)
    throw new Error(`JWT_KEY has ${key.length} bytes; it needs at least ${LEAST_KEY}`)
  const expected = { algorithms: ['HS256'], issuer: ISSUER, audience: ISSUER, requiredClaims: ['sub', 'exp'] }
  return {
    issue: (user) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user)
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setIssuedAt()
        .setExpirationTime(`${LIFETIME}s`)
        .sign(key),
    async read(token) {
      try {
        const { payload } = await jwtVerify(token, key, expected)
        return payload.sub === undefined ? { refused: 'the token names nobody' } : { user: payload.sub }
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { refused: 'the token has expired; sign in again' }
        if (error instanceof errors.JOSEError) return { refused: 'the token is not ours' }
        throw error
      }
    },
  }
}
