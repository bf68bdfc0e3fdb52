/**
 * What a 401 asks for (RFC 9110, section 11.6.1; for `Bearer` of registries
 * https://distribution.github.io/distribution/spec/auth/token/).
 */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer'
      readonly realm: string
      readonly service?: string
      readonly scopes: readonly string[]
    }

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const PARAMETER = new RegExp(`^\\s*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))\\s*(?:,|$)`)
const SCHEME = new RegExp(`^[\\s,]*(${TOKEN})(?:\\s+|,|$)`)

/** The strongest challenge that we can answer; undefined where there is none. */
export function parseChallenge(header: string): Challenge | undefined {
  const found: Challenge[] = []
  let rest = header
  for (;;) {
    const scheme = SCHEME.exec(rest)
    if (scheme === null) break
    rest = rest.slice(scheme[0].length)
    const parameters: Record<string, string> = {}
    for (let next = PARAMETER.exec(rest); next !== null; next = PARAMETER.exec(rest)) {
      parameters[(next[1] ?? '').toLowerCase()] = next[2]?.replace(/\\(.)/g, '$1') ?? next[3] ?? ''
      rest = rest.slice(next[0].length)
    }
    const challenge = challengeOf((scheme[1] ?? '').toLowerCase(), parameters)
    if (challenge !== undefined) found.push(challenge)
  }
  return found.find(({ scheme }) => scheme === 'bearer') ?? found[0]
}

function challengeOf(scheme: string, parameters: Record<string, string>): Challenge | undefined {
  if (scheme === 'basic') return { scheme }
  const { realm, service, scope = '' } = parameters
  if (scheme !== 'bearer' || realm === undefined) return undefined
  return {
    scheme,
    realm,
    scopes: scope.split(' ').filter((one) => one !== ''),
    ...(service === undefined ? {} : { service }),
  }
}
