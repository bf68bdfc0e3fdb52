import { type CostEstimate, costOf, costText } from '../../plan/cost/estimate.ts'
import type { Files } from '../../runtime/runtime.ts'
import { synthesizedStacks } from '../infrastructure/synthesized-stacks.ts'

/** What the stacks that were just synthesized cost; undefined where there is no price to tell. */
export const estimateOf = async (files: Files, state: string): Promise<CostEstimate | undefined> =>
  costOf(await synthesizedStacks(files, state))

/** The estimate as the end of a report. */
export const costMarkdown = (estimate: CostEstimate | undefined): string =>
  estimate === undefined ? '' : `\n<sub>${costText(estimate)}</sub>\n`
