/** What a comment asks of Sluice. `bad` is meant for Sluice and says nothing that it knows. */
export type CommentCommand =
  | { readonly kind: 'none' }
  | { readonly kind: 'bad'; readonly why: string }
  | { readonly kind: 'plan'; readonly environment: string | undefined }
  | { readonly kind: 'apply'; readonly environment: string; readonly plan: string }

const ENVIRONMENT = /^[a-z0-9][a-z0-9._-]{0,62}$/
/** The first digits of a plan's fingerprint, as the plan's comment shows them. */
const PLAN_ID = /^[0-9a-f]{12,64}$/
const KNOWN = '/sluice plan [ENVIRONMENT], /sluice apply ENVIRONMENT PLAN'

/**
 * Reads a comment: `/sluice` and its words, alone, as the first and only line. A command inside of a quotation, a block of
 * code or a longer text is none: who answers a comment does not repeat what it asked for.
 */
export function parseCommentCommand(text: string): CommentCommand {
  const line = text.replace(/\r\n/g, '\n').trim()
  if (!/^\/sluice(?![\w-])/.test(line)) return { kind: 'none' }
  if (line.length > 300 || !/^[\x20-\x7e]*$/.test(line)) {
    return { kind: 'bad', why: 'a command is one line of plain text, alone in its comment' }
  }
  const [, verb = '', ...words] = line.split(/ +/)
  switch (verb) {
    case 'plan': {
      const [environment, ...more] = words
      if (more.length > 0 || (environment !== undefined && !ENVIRONMENT.test(environment))) {
        return { kind: 'bad', why: 'it is: /sluice plan [ENVIRONMENT]' }
      }
      return { kind: 'plan', environment }
    }
    case 'apply': {
      const [environment = '', plan = '', ...more] = words
      if (more.length > 0 || !ENVIRONMENT.test(environment) || !PLAN_ID.test(plan)) {
        return { kind: 'bad', why: 'it is: /sluice apply ENVIRONMENT PLAN, with the id that the plan shows' }
      }
      return { kind: 'apply', environment, plan }
    }
    default:
      return { kind: 'bad', why: `known are ${KNOWN}` }
  }
}
