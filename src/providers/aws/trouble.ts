import { externalError, SluiceError, usageError } from '../../domain/error.ts'

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

const LOGIN = new Set(['CredentialsProviderError', 'ExpiredToken', 'ExpiredTokenException'])
const TOKEN = new Set(['InvalidClientTokenId', 'UnrecognizedClientException', 'SignatureDoesNotMatch'])
const DENIED = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', '403'])

/** What AWS refused, in our words: whose it is and what to do. `what` is the work: `making the bucket x`. */
export function awsTrouble(what: string, error: unknown): Error {
  if (error instanceof SluiceError) return error
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  if (LOGIN.has(code) || TOKEN.has(code)) {
    return usageError(
      {
        what: `${what}: AWS takes no credentials of this machine: ${text}`,
        rule: 'credentials come from the environment, a profile or the role of the machine',
        remedy: 'log in again, or set AWS_PROFILE; in a workflow, use aws-actions/configure-aws-credentials',
      },
      error,
    )
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
