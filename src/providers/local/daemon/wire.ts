import * as z from 'zod'
import { bug, type Problem, SluiceError } from '../../../domain/error.ts'
import { EXIT_CODES, type Outcome } from '../../../domain/outcome.ts'

const problemSchema = z.object({
  what: z.string(),
  rule: z.string().optional(),
  remedy: z.string().optional(),
  at: z.string().optional(),
})

/** A SluiceError as it travels from the supervisor to a command. */
export const wireErrorSchema = z.object({
  outcome: z.custom<Exclude<Outcome, 'done'>>(
    (value) => typeof value === 'string' && Object.hasOwn(EXIT_CODES, value) && value !== 'done',
  ),
  whose: z.enum(['user', 'service', 'sluice']),
  problems: z.array(problemSchema).min(1),
})
export type WireError = z.infer<typeof wireErrorSchema>

export function toWire(error: unknown): WireError {
  const known =
    error instanceof SluiceError ? error : bug(`the supervisor failed: ${(error as Error).message}`, error)
  return {
    outcome: known.outcome === 'done' ? 'bug' : known.outcome,
    whose: known.whose,
    problems: [...known.problems],
  }
}

export function fromWire(error: WireError): SluiceError {
  const [first, ...rest] = error.problems.map(problemOf)
  return new SluiceError(error.outcome, error.whose, [first ?? { what: 'it did not say why' }, ...rest])
}

function problemOf({ what, rule, remedy, at }: WireError['problems'][number]): Problem {
  return { what, ...(rule ? { rule } : {}), ...(remedy ? { remedy } : {}), ...(at ? { at } : {}) }
}
