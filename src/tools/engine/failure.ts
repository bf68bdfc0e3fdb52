import { SluiceError } from '../../domain/error.ts'
import { heldBy, LOCKED, lockHolder } from './lock.ts'
import type { EngineMessage } from './messages.ts'

type Diagnostic = Extract<EngineMessage, { kind: 'diagnostic' }>

/** How an engine ended, with all that it said about it. */
export interface EngineEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly diagnostics: readonly Diagnostic[]
  /** The last lines that were no messages. */
  readonly tail: string
}

/**
 * What the failure of an engine is. A lock is not a failure of the cloud, and a saved plan that time has overtaken is not
 * one of the configuration.
 *
 * @param work `plan of stack data`.
 * @param now milliseconds since the epoch, for the age of a lock.
 */
export function engineFailure(work: string, end: EngineEnd, now: number): SluiceError {
  const errors = end.diagnostics.filter(({ severity }) => severity === 'error')
  const said = errors.map(({ summary, detail, address }) =>
    [address, summary, detail].filter((part) => part !== undefined && part !== '').join(': '),
  )
  const ended = end.signal === null ? `code ${end.code}` : `signal ${end.signal}`
  const what = `the ${work} failed: ${said.join('\n') || `it ended with ${ended}${end.tail === '' ? '' : `: ${end.tail}`}`}`
  const has = (text: string): boolean => errors.some(({ summary }) => summary.includes(text))
  if (has(LOCKED)) {
    const holder = lockHolder(errors)
    return new SluiceError('locked', 'user', {
      what: holder === undefined ? what : `the ${work} waits for ${heldBy(holder, now)}: lock ${holder.id}`,
      rule: 'one run at a time changes a stack',
      remedy:
        'wait for the run that holds the lock; if it is gone for good, "sluice operate unlock" gives the lock back, which Sluice never does by itself',
    })
  }
  if (has('Saved plan is stale')) {
    return new SluiceError('stale', 'user', {
      what,
      rule: 'the state is still the one that was planned',
      remedy: 'plan again',
    })
  }
  return new SluiceError('external', 'service', {
    what,
    remedy: 'correct what the engine says, and plan again',
  })
}
