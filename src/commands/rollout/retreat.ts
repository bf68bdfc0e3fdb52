import { parseImageReference } from '../../domain/digest.ts'
import { message } from '../../runtime/events.ts'
import { pollUntil } from '../../runtime/poll.ts'
import { isTransient, persist } from './failure.ts'
import type { Site } from './site.ts'
import type { Staged } from './stage.ts'

/** Where the traffic is after going back. */
export type Retreat =
  /** Nothing had been staged. */
  | { readonly kind: 'untouched' }
  /** Every service serves its previous digest again, read back from the platform. */
  | { readonly kind: 'verified' }
  /** As above where there was something before; nothing serves the others. */
  | { readonly kind: 'nothing-before'; readonly services: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string }

/** Time for one service to go back and be seen serving; beyond it the next one is brought back. */
const PATIENCE = 120_000
/** Milliseconds between two looks at a service that does not come back for long: it may be given up by its platform. */
const SELDOM = 12_000

/** Soon at first, and after some minutes seldom: a look at a service in trouble takes many requests. */
export function lookAgain(every: number | undefined): number | ((elapsed: number) => number) {
  return every === undefined ? 500 : (elapsed) => Math.min(Math.max(every, elapsed / 10), SELDOM)
}

/**
 * All traffic back, in the reverse order of the start, and read back (promise R29). Neither a cancel nor the failure of
 * one service stops it from trying the others.
 */
export async function retreat(site: Site, staged: readonly Staged[]): Promise<Retreat> {
  if (staged.length === 0) return { kind: 'untouched' }
  const failures: string[] = []
  for (const one of staged.toReversed()) {
    const { name } = one.action.service
    try {
      const deadline = site.runtime.clock.now() + (site.provider.services.pace?.patience ?? PATIENCE)
      await persist(site.runtime, `reverting ${name}`, { deadline }, () =>
        site.provider.services.revert(name, one.revision),
      )
      const why = await verifyBack(site, one)
      if (why !== undefined) failures.push(`${name}: ${why}`)
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`)
    }
  }
  for (const failure of failures) site.runtime.log.emit(message('warning', `not back: ${failure}`))
  if (failures.length > 0) return { kind: 'failed', why: failures.join('; ') }
  const fresh = staged.flatMap(({ action }) => (action.from === null ? [action.service.name] : []))
  return fresh.length > 0 ? { kind: 'nothing-before', services: fresh } : { kind: 'verified' }
}

/** Why the previous revision does not serve; undefined where it does. */
async function verifyBack(
  { runtime, provider }: Site,
  { action, revision }: Staged,
): Promise<string | undefined> {
  const { service, from } = action
  let why = 'it was not looked at'
  const ended = await pollUntil(
    runtime,
    async (): Promise<true | undefined> => {
      const { revisions } = await provider.services.describe(service.name)
      const serving = revisions.filter((one) => one.weight > 0)
      if (from === null) {
        why = `revision ${revision} still gets traffic`
        return serving.some((one) => one.id === revision) ? undefined : true
      }
      const digest = parseImageReference(from.image)?.digest
      const [only, ...others] = serving
      if (only === undefined || others.length > 0 || only.weight !== 100) {
        why = `traffic is on ${serving.map((one) => `${one.id} (${one.weight} %)`).join(', ') || 'nothing'}`
      } else if (parseImageReference(only.image)?.digest !== digest || only.id === revision) {
        why = `it serves ${only.image} instead of ${from.image}`
      } else if (from.healthy && !only.healthy) {
        why = `${only.id} is not healthy: ${only.trouble ?? 'no reason given'}`
      } else return true
      return undefined
    },
    {
      every: lookAgain(provider.services.pace?.every),
      deadline: runtime.clock.now() + (provider.services.pace?.patience ?? PATIENCE),
      bear: { transient: isTransient, inARow: 10 },
    },
  )
  return ended === 'timed-out' ? why : undefined
}
