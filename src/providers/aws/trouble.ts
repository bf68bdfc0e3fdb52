import { externalError, type Problem, SluiceError, usageError } from '../../domain/error.ts'

/** The name of an error of the SDK: `NoSuchBucketPolicy`; empty where it is none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  // Some answers have a body with a code that the SDK has no class for.
  const code = 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name
  return code === 'Error' ? '' : code
}

/** The HTTP status of an error of the SDK; 0 where no answer came. */
export function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number }
  return httpStatusCode ?? 0
}

/** The machine has none, or a profile that leads to none. */
const NOBODY = 'CredentialsProviderError'
const LOGIN = new Set([NOBODY, 'ExpiredToken', 'ExpiredTokenException'])
const TOKEN = new Set(['InvalidClientTokenId', 'UnrecognizedClientException', 'SignatureDoesNotMatch'])
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', '403'])

const THROTTLED = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
])
/** SyntaxError: half of an answer came. */
const SILENT = new Set([
  'TimeoutError',
  'ETIMEDOUT',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ENOTFOUND',
  'SyntaxError',
])

/** What a call needs: `ecs:UpdateService` on an ARN. */
export interface Need {
  readonly action: string
  readonly resource: string
}

/** May it go by itself: throttling, a failing service, an answer that does not come. */
export function isPassing(error: unknown): boolean {
  if (error instanceof SluiceError)
    return error.outcome === 'external' && error.cause !== undefined && isPassing(error.cause)
  const status = statusOf(error)
  return isThrottled(error) || status >= 500 || isSilent(error)
}

/** Refused for the number of requests: nothing was done. */
export function isThrottled(error: unknown): boolean {
  if (error instanceof SluiceError) return error.cause !== undefined && isThrottled(error.cause)
  return THROTTLED.has(codeOf(error)) || statusOf(error) === 429
}

function isSilent(error: unknown): boolean {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : ''
  return SILENT.has(codeOf(error)) || SILENT.has(errno)
}

/**
 * As awsTrouble, for the daily work on an environment: who may not look, or is logged out, cannot observe, which is never
 * taken for an answer.
 */
export function callTrouble(what: string, { action, resource }: Need, error: unknown): Error {
  if (error instanceof SluiceError) return error
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const said = code === '' || text.startsWith(code) ? text : `${code}: ${text}`
  const options = { cause: error }
  if (LOGIN.has(code) || TOKEN.has(code)) {
    return new SluiceError('cannot-observe', 'user', loginProblem(what, code, text), options)
  }
  if (DENIED.has(code) || statusOf(error) === 403) {
    const problem = {
      what: `${what}: not permitted: ${said}`,
      rule: `it needs ${action} on ${resource}`,
      remedy: `give the role that Sluice runs as ${action} on ${resource}`,
    }
    return new SluiceError('cannot-observe', 'user', problem, options)
  }
  const problem = isThrottled(error)
    ? {
        what: `${what}: throttled: ${said}`,
        rule: 'AWS limits the requests of an account, and each was repeated with pauses',
        remedy: 'wait a minute, then run it again',
      }
    : isSilent(error)
      ? {
          what: `${what}: no answer: ${said}`,
          rule: 'an answer begins and goes on within 30 s',
          remedy: 'see that the region can be reached from here, and its status page; then run it again',
        }
      : { what: `${what}: ${said}`, remedy: 'the answer of AWS says why; where it does not, run it again' }
  return externalError('service', problem, error)
}

function loginProblem(what: string, code: string, text: string): Problem {
  const isNobody = code === NOBODY
  const said = isNobody || text.startsWith(code) ? text : `${code}: ${text}`
  return {
    what: `${what}: ${isNobody ? 'this machine has no credentials of AWS' : 'AWS takes no credentials of this machine'}: ${said}`,
    rule: 'credentials come from the environment, a profile or the role of the machine, and hold for a time',
    remedy: isNobody
      ? 'log in, or set AWS_PROFILE; in a workflow, sign in first with aws-actions/configure-aws-credentials'
      : 'log in again, or set AWS_PROFILE; in a workflow, raise role-duration-seconds of the login',
  }
}

/** What AWS refused, in our words: whose it is and what to do. `what` is the work: `making the bucket x`. */
export function awsTrouble(what: string, error: unknown): Error {
  if (error instanceof SluiceError) return error
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  if (LOGIN.has(code) || TOKEN.has(code)) {
    return usageError(loginProblem(what, code, text), error)
  }
  if (DENIED.has(code) || statusOf(error) === 403) {
    return usageError(
      {
        what: `${what}: not permitted: ${text}`,
        remedy: 'use credentials of an administrator of the account; only bootstrap needs them',
      },
      error,
    )
  }
  return externalError('service', { what: `${what}: ${code === '' ? '' : `${code}: `}${text}` }, error)
}
