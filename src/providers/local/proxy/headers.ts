import type { IncomingHttpHeaders } from 'node:http'

/** Fields that belong to one connection and are never passed on: RFC 9110, section 7.6.1, and RFC 9112. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Set by the proxy itself; a client's own word about them is not passed on. */
const OURS: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'expect',
])

/** The names that a Connection field lists, in lower case: these belong to the connection too. */
function listedBy(connection: string | undefined): readonly string[] {
  if (connection === undefined || connection === 'keep-alive') return []
  return connection.split(',').map((name) => name.trim().toLowerCase())
}

export interface Hop {
  /** Address of the client. */
  readonly address: string
  readonly host: string | undefined
  /** X-Forwarded-For as it came. */
  readonly forwardedFor: string | undefined
  readonly connection: string | undefined
}

/**
 * The fields of a request to a service: `raw` is name, value, name, value ... as Node gives them, so repeated fields and
 * their order stay. `keep` names hop-by-hop fields that are passed on after all (an upgrade needs them).
 */
export function requestHeaders(
  raw: readonly string[],
  hop: Hop,
  keep: ReadonlySet<string> = new Set(),
): string[] {
  const listed = listedBy(hop.connection)
  const headers: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string
    const lower = name.toLowerCase()
    if (OURS.has(lower)) continue
    if (!keep.has(lower) && (HOP_BY_HOP.has(lower) || listed.includes(lower))) continue
    headers.push(name, raw[i + 1] as string)
  }
  const before = hop.forwardedFor === undefined ? '' : `${hop.forwardedFor}, `
  headers.push('X-Forwarded-For', `${before}${hop.address}`, 'X-Forwarded-Proto', 'http')
  if (hop.host !== undefined) headers.push('X-Forwarded-Host', hop.host)
  return headers
}

/** The fields of an answer to the client. */
export function responseHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const listed = listedBy(headers.connection)
  const passed: Record<string, string | string[]> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || HOP_BY_HOP.has(name) || listed.includes(name)) continue
    passed[name] = value
  }
  return passed
}
