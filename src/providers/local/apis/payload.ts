/**
 * Payload format 2.0 between an HTTP API and a function
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
import type { Match } from './route.ts'

export interface ApiRequest {
  readonly id: string
  readonly api: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly method: string
  /** As it was on the wire. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly host: string
  readonly sourceIp: string
  /** Lower-case names, all values of each. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: Buffer
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
  readonly body: Buffer
}

const TEXT = /^(?:text\/|application\/(?:json|javascript|xml|x-www-form-urlencoded)|[^;]*\+(?:json|xml))/

export function eventOf(request: ApiRequest, { route, parameters }: Match): object {
  const { cookie, ...headers } = request.headers
  const type = headers['content-type']?.[0] ?? ''
  const isText = request.body.length === 0 || TEXT.test(type)
  const query = new URLSearchParams(request.query)
  const asked = [...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')])
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(cookie === undefined ? {} : { cookies: cookie.flatMap((one) => one.split(/;\s*/)) }),
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(',')])),
    ...(request.query === '' ? {} : { queryStringParameters: Object.fromEntries(asked) }),
    ...(Object.keys(parameters).length === 0 ? {} : { pathParameters: parameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: request.api,
      domainName: request.host,
      domainPrefix: request.api,
      http: {
        method: request.method,
        path: request.path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent']?.[0] ?? '',
      },
      requestId: request.id,
      routeKey: route.key,
      stage: '$default',
      time: new Date(request.at).toISOString(),
      timeEpoch: request.at,
    },
    ...(request.body.length === 0 ? {} : { body: request.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText,
  }
}

/** What a function returned, as an answer; undefined where API Gateway would answer 500 in its place. */
export function answerOf(payload: Buffer): ApiAnswer | undefined {
  let value: unknown
  try {
    value = JSON.parse(payload.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) return inferred(value)
  const { statusCode, headers, cookies, body, isBase64Encoded } = value as Record<string, unknown>
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined
  const given = Object.entries((headers ?? {}) as Record<string, unknown>)
  const texts = Object.fromEntries(given.map(([name, one]) => [name.toLowerCase(), String(one)]))
  return {
    status,
    headers: { 'content-type': 'text/plain;charset=utf-8', ...texts },
    cookies: Array.isArray(cookies) ? cookies.map(String) : [],
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  }
}

/** Without a status the value itself is the body. */
function inferred(value: unknown): ApiAnswer {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(text),
  }
}

export function problem(status: number, text: string): ApiAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message: text })),
  }
}
