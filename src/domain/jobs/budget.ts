import { usageError } from '../error.ts'
import type { Rate } from '../prices/rates.ts'
import { formatDuration } from '../quantity.ts'
import type { Step } from '../system/step.ts'

const HOUR = 3_600_000
/** What has less time than this is only placed, pulled and booted. */
const SHORTEST = 5 * 60_000

export interface Budget {
  /** Milliseconds that a job may run: the step's timeout, or less where `max-cost` buys less. */
  readonly lifetime: number
  /** US dollars of all that it may run on, over the whole lifetime; undefined where a price is not known. */
  readonly ceiling: number | undefined
}

/**
 * What a job may cost, before anything is started (promise R36): the list price of what it may get, over its whole time. `max-cost` is
 * one of all attempts of a step, so each has its share; where it buys less than the step's timeout, the job's time is what it buys.
 *
 * @throws SluiceError usage where max-cost cannot be held: a price is not known, or it buys less than five minutes
 */
export function budgetOf(
  { name, timeout, maxCost, retries }: Pick<Step, 'name' | 'timeout' | 'maxCost' | 'retries'>,
  { hourly, of, beside = 0 }: Rate,
): Budget {
  if (maxCost === undefined) {
    return {
      lifetime: timeout,
      ceiling: hourly === undefined ? undefined : (hourly * (timeout + beside)) / HOUR,
    }
  }
  if (hourly === undefined) {
    throw usageError({
      what: `step ${name} may cost ${maxCost} USD, and the price of ${of} is not known`,
      rule: 'a ceiling that cannot be computed cannot be held',
      remedy: 'remove max-cost and rely on "timeout", or take what has a price: docs/train.md lists it',
    })
  }
  const bought = Math.floor(((maxCost / (retries + 1)) * HOUR) / hourly) - beside
  if (bought < Math.min(SHORTEST, timeout)) {
    throw usageError({
      what: `max-cost of step ${name}, ${maxCost} USD over ${retries + 1} attempts, buys ${formatDuration(Math.max(0, bought))} of ${of}${besideText(beside)}`,
      rule: 'an attempt has five minutes at least, since what it runs on takes some to be there',
      remedy: 'raise max-cost, lower retries, or take something smaller',
    })
  }
  const lifetime = Math.min(timeout, bought)
  return { lifetime, ceiling: (hourly * (lifetime + beside)) / HOUR }
}

const besideText = (ms: number): string =>
  ms === 0 ? '' : `, beside the ${formatDuration(ms)} that it is there before and after`

/** `at most 2h, 2.01 USD an attempt (4.02 USD with 1 retry)`. */
export function budgetText({ lifetime, ceiling }: Budget, retries: number): string {
  const time = `at most ${formatDuration(lifetime)}`
  if (ceiling === undefined) return `${time}; the price of what it runs on is not known`
  const dollars = (value: number): string => `${(Math.ceil(value * 100) / 100).toFixed(2)} USD`
  const all =
    retries === 0
      ? ''
      : ` (${dollars(ceiling * (retries + 1))} with ${retries} ${retries === 1 ? 'retry' : 'retries'})`
  return `${time}, ${dollars(ceiling)}${retries === 0 ? '' : ' an attempt'}${all}`
}
