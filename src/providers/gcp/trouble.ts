import * as z from 'zod'
import { SluiceError } from '../../domain/error.ts'

/** `{ error: { code, status, message } }`: https://cloud.google.com/apis/design/errors#error_model */
const errorSchema = z.looseObject({
  error: z.looseObject({ message: z.string().default(''), status: z.string().default('') }),
})

/** What Google refused a request with. */
export class GcpError extends SluiceError {
  readonly status: number
  /** Google's canonical code: `NOT_FOUND`, `ABORTED`, ...; empty where the answer had none. */
  readonly reason: string

  constructor(call: string, status: number, body: string) {
    const { reason, text } = read(body)
    const { outcome, whose, remedy } = verdictOf(status)
    super(outcome, whose, {
      what: `${call}: Google answered ${status}${reason === '' ? '' : ` ${reason}`}: ${text}`,
      ...(remedy === undefined ? {} : { remedy }),
    })
    this.status = status
    this.reason = reason
  }
}

/** The API cannot be asked at all is not the same as an answer: it never counts as one (promise R24). */
function verdictOf(status: number): Pick<SluiceError, 'whose'> & {
  readonly outcome: Exclude<SluiceError['outcome'], 'done'>
  readonly remedy?: string
} {
  switch (status) {
    case 401:
      return {
        outcome: 'cannot-observe',
        whose: 'user',
        remedy: 'run: gcloud auth application-default login; in a workflow, use google-github-actions/auth',
      }
    case 403:
      return {
        outcome: 'cannot-observe',
        whose: 'user',
        remedy: 'give the account that runs Sluice the permission that is named, or use one that has it',
      }
    case 404:
      return {
        outcome: 'stale',
        whose: 'user',
        remedy:
          'apply the stacks of this environment first; see that its project and region are the right ones',
      }
    case 409:
      return {
        outcome: 'locked',
        whose: 'user',
        remedy: 'somebody else changes it at this moment: see "sluice operate status", then start again',
      }
    default:
      return status === 429 || status >= 500
        ? { outcome: 'external', whose: 'service' }
        : { outcome: 'external', whose: 'user', remedy: 'correct what Google names, then start again' }
  }
}

function read(body: string): { readonly reason: string; readonly text: string } {
  try {
    const known = errorSchema.safeParse(JSON.parse(body))
    if (known.success) return { reason: known.data.error.status, text: known.data.error.message }
  } catch {
    // A front end of Google's answers in HTML.
  }
  return { reason: '', text: body.slice(0, 200) }
}
