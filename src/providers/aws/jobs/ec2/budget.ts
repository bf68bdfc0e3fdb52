import { usageError } from '../../../../domain/error.ts'
import { hourlyPrice } from '../../../../domain/machines.ts'
import { formatDuration } from '../../../../domain/quantity.ts'
import type { Step } from '../../../../domain/step.ts'

const HOUR = 3_600_000
/** A machine with less time than this only boots. */
const SHORTEST = 5 * 60_000

export interface Budget {
  /** Milliseconds that all machines of a job may be, together. */
  readonly lifetime: number
  /** US dollars of the dearest machine over the whole lifetime; undefined where its price is not known. */
  readonly ceiling: number | undefined
}

/**
 * What a job may cost, before anything is started (promise R36): the list price of the dearest machine that it may get, over its
 * whole time. `max-cost` is one of all attempts of a step, so each has its share; where it buys less than the step's timeout,
 * the job's time is what it buys.
 *
 * @throws SluiceError usage where max-cost cannot be held: a price is not known, or it buys less than five minutes
 */
export function budgetOf(
  { name, timeout, maxCost, retries }: Pick<Step, 'name' | 'timeout' | 'maxCost' | 'retries'>,
  region: string,
  machines: readonly string[],
): Budget {
  const prices = machines.map((machine) => hourlyPrice(region, machine))
  const unknown = machines.filter((_, index) => prices[index] === undefined)
  const price = unknown.length > 0 ? undefined : Math.max(...prices.map((one) => one ?? 0))
  if (maxCost === undefined) {
    return { lifetime: timeout, ceiling: price === undefined ? undefined : (price * timeout) / HOUR }
  }
  if (price === undefined) {
    throw usageError({
      what: `step ${name} may cost ${maxCost} USD, and the price of ${unknown.join(', ')} in ${region} is not known`,
      rule: 'a ceiling that cannot be computed cannot be held',
      remedy: `remove max-cost and rely on "timeout", or take one of the machines of src/domain/machines.ts`,
    })
  }
  const bought = Math.floor(((maxCost / (retries + 1)) * HOUR) / price)
  if (bought < Math.min(SHORTEST, timeout)) {
    throw usageError({
      what: `max-cost of step ${name}, ${maxCost} USD over ${retries + 1} attempts, buys ${formatDuration(bought)} of ${machines.join(' or ')}`,
      rule: 'an attempt has five minutes at least, since a machine takes some to boot',
      remedy: 'raise max-cost, lower retries, or take a smaller machine',
    })
  }
  const lifetime = Math.min(timeout, bought)
  return { lifetime, ceiling: (price * lifetime) / HOUR }
}

/** `at most 2h, 2.01 USD an attempt (4.02 USD with 1 retry)`. */
export function budgetText({ lifetime, ceiling }: Budget, retries: number): string {
  const time = `at most ${formatDuration(lifetime)}`
  if (ceiling === undefined) return `${time}; the price of its machines is not known`
  const dollars = (value: number): string => `${(Math.ceil(value * 100) / 100).toFixed(2)} USD`
  const all =
    retries === 0
      ? ''
      : ` (${dollars(ceiling * (retries + 1))} with ${retries} ${retries === 1 ? 'retry' : 'retries'})`
  return `${time}, ${dollars(ceiling)}${retries === 0 ? '' : ' an attempt'}${all}`
}
