import { createHash } from 'node:crypto'
import type { FunctionCheck } from '../../../domain/system/function-check.ts'

/** Characters of an error that a reason is given with: an answer of Lambda has up to six million. */
const SHOWN = 1000

/** What a version made of one call. */
export interface Invocation {
  /** `Unhandled`; null: it ended by itself. */
  readonly functionError: string | null
  /** What it returned, or the error in JSON. */
  readonly payload: string
  /** The last lines of its log. */
  readonly log: readonly string[]
}

/**
 * The event of a check. A path becomes what an HTTP API hands over.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, format 2.0
 */
export function eventOf(check: FunctionCheck): Readonly<Record<string, unknown>> {
  switch (check.kind) {
    case 'event':
      return check.payload
    case 'http': {
      const { pathname, search, searchParams } = new URL(`https://check.invalid${check.path}`)
      const query = Object.fromEntries(searchParams)
      return {
        version: '2.0',
        routeKey: `GET ${pathname}`,
        rawPath: pathname,
        rawQueryString: search.slice(1),
        headers: { host: 'check.invalid', 'user-agent': 'sluice-check' },
        ...(search === '' ? {} : { queryStringParameters: query }),
        requestContext: {
          domainName: 'check.invalid',
          http: {
            method: 'GET',
            path: pathname,
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'sluice-check',
          },
          routeKey: `GET ${pathname}`,
          stage: '$default',
          // Unique by what is asked: time and randomness are no matter of a check.
          requestId: createHash('sha256').update(check.path).digest('hex').slice(0, 16),
        },
        isBase64Encoded: false,
      }
    }
    default:
      return check satisfies never
  }
}

/** Why a version that answered so shall get no traffic; null where it may. */
export function checkTrouble(
  check: FunctionCheck,
  { functionError, payload, log }: Invocation,
): string | null {
  if (functionError !== null) return [said(functionError, payload), ...log].join('; ')
  const { contains } = check
  if (check.kind === 'event') {
    return contains === undefined || payload.includes(contains)
      ? null
      : `its answer to the check does not contain "${contains}"`
  }
  const { status, body } = httpAnswer(payload)
  if (status !== check.status)
    return `GET ${check.path} answers ${status ?? 'no status'} instead of ${check.status}`
  return contains === undefined || body.includes(contains)
    ? null
    : `the answer to GET ${check.path} does not contain "${contains}"`
}

/** https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html: `{ errorType, errorMessage }`. */
function said(kind: string, payload: string): string {
  const { errorType, errorMessage } = record(payload)
  const what = [errorType, errorMessage].filter((one) => typeof one === 'string' && one !== '').join(': ')
  // Reasons say "exit code" on every platform; Lambda's runtime says "exit status".
  const shown = (what || payload).slice(0, SHOWN).replace(/exit status (\d+)/, 'exit code $1')
  return `${kind} error of the check: ${shown}`
}

/** What an HTTP API makes of an answer: one without `statusCode` is the body of a 200. */
function httpAnswer(payload: string): { readonly status: number | undefined; readonly body: string } {
  const answer = record(payload)
  const { statusCode, body, isBase64Encoded } = answer
  if (statusCode === undefined) return { status: payload === 'null' ? undefined : 200, body: payload }
  const text = typeof body === 'string' ? body : ''
  return {
    status: typeof statusCode === 'number' ? statusCode : undefined,
    body: isBase64Encoded === true ? Buffer.from(text, 'base64').toString('utf8') : text,
  }
}

function record(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
