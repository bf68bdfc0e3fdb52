/** An answer of an API, before it becomes bytes. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Google's canonical codes as HTTP has them: https://cloud.google.com/apis/design/errors#handling_errors */
const STATUS: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
}

export const ok = (body: unknown): Answer => ({ status: 200, body })

export function refusal(code: string, message: string): Answer {
  const status = STATUS[code] ?? 500
  return { status, body: { error: { code: status, status: code, message } } }
}

/** Ends a request with this answer. */
export class Refused extends Error {
  readonly answer: Answer

  constructor(code: string, message: string) {
    super(message)
    this.answer = refusal(code, message)
  }
}
