/** What a comment asks of Sluice. `bad` is meant for Sluice and says nothing that it knows. */
export type CommentCommand =
  | { readonly kind: 'none' }
  | { readonly kind: 'bad'; readonly why: string }
  | { readonly kind: 'plan'; readonly environment: string | undefined }
  | {
      readonly kind: 'apply'
      readonly environment: string
      readonly plan: string
      /** `ADDRESS@PLAN`: what holds data and may go. */
      readonly allowLoss: readonly string[]
    }

const ENVIRONMENT = /^[a-z0-9][a-z0-9._-]{0,62}$/
/** The first digits of a plan's fingerprint, as the plan's comment shows them. */
const PLAN_ID = /^[0-9a-f]{12,64}$/
/** An address has no blank in sluice.yml's stacks; one that has is named in a terminal. */
const LOSS = /^\S{1,500}@[0-9a-f]{12,64}$/
const KNOWN = '/sluice plan [ENVIRONMENT], /sluice apply ENVIRONMENT PLAN'

/** Characters; a few losses may be named. */
const LONGEST = 4000

/**
 * Reads a comment: `/sluice` and its words, alone, as the first and only line. A command inside of a quotation, a block of
 * code or a longer text is none: who answers a comment does not repeat what it asked for.
 */
export function parseCommentCommand(text: string): CommentCommand {
  // A report keeps `@` from mentioning people by a word joiner behind it, which is copied along.
  const line = text.replace(/\r\n/g, '\n').replaceAll('@\u2060', '@').trim()
  if (!/^\/sluice(?![\w-])/.test(line)) return { kind: 'none' }
  if (line.length > LONGEST || !/^[\x20-\x7e]*$/.test(line)) {
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
      const allowLoss = lossesOf(more)
      if (allowLoss === undefined || !ENVIRONMENT.test(environment) || !PLAN_ID.test(plan)) {
        return {
          kind: 'bad',
          why: 'it is: /sluice apply ENVIRONMENT PLAN [--allow-loss ADDRESS@PLAN], with the id that the plan shows',
        }
      }
      return { kind: 'apply', environment, plan, allowLoss }
    }
    default:
      return { kind: 'bad', why: `known are ${KNOWN}` }
  }
}

/** What stands behind each `--allow-loss`; undefined where anything else is there. */
function lossesOf(words: readonly string[]): readonly string[] | undefined {
  const names = words.filter((_, index) => index % 2 === 1)
  const options = words.filter((_, index) => index % 2 === 0)
  const known = options.length === names.length && options.every((option) => option === '--allow-loss')
  return known && names.every((name) => LOSS.test(name)) ? names : undefined
}
