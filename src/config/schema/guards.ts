import * as z from 'zod'
import { command } from './text.ts'

export const guards = z
  .strictObject({
    destroys: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe('Resources that one plan may delete or replace; default any number of those without data'),
    policy: command
      .optional()
      .describe(
        'Your own policy, run on every plan: its JSON on standard input, or in the file {plan} of an argument; exit 0 passes, 1 refuses',
      ),
  })
  .describe('What a plan may do without being named; what holds data is always guarded')
