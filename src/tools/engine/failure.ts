import { SluiceError } from '../../domain/error.ts'
import { heldBy, LOCKED, type LockHolder, lockHolder } from './lock.ts'
import type { EngineMessage } from './messages.ts'

type Diagnostic = Extract<EngineMessage, { kind: 'diagnostic' }>

/** What backends and providers say where nobody is logged in, or no longer. */
const NO_LOGIN =
  /no valid credential sources|could not find default credentials|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch/i

/** How an engine ended, with all that it said about it. */
export interface EngineEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly diagnostics: readonly Diagnostic[]
  /** The last lines that were no messages. */
  readonly tail: string
}

/** Somebody else holds the state: exit 4. */
export class StateLocked extends SluiceError {
  /** undefined where the engine did not say who. */
  readonly holder: LockHolder | undefined

  constructor(what: string, holder: LockHolder | undefined) {
    super('locked', 'user', {
      what,
      rule: 'one run at a time changes a stack',
      remedy:
        'wait for the run that holds the lock; if it is gone for good, "sluice operate unlock" gives the lock back, which Sluice never does by itself',
    })
    this.holder = holder
  }
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
    const waits =
      holder === undefined ? what : `the ${work} waits for ${heldBy(holder, now)}: lock ${holder.id}`
    return new StateLocked(waits, holder)
  }
  if (has('Saved plan is stale')) {
    return new SluiceError('stale', 'user', {
      what,
      rule: 'the state is still the one that was planned',
      remedy: 'plan again',
    })
  }
  if (NO_LOGIN.test(what)) {
    return new SluiceError('external', 'user', {
      what,
      rule: 'engine and providers take the credentials of this machine: the environment, a profile or its role',
      remedy:
        'log in (AWS_PROFILE, or gcloud auth application-default login), and plan again; in a workflow, sign in before',
    })
  }
  return new SluiceError('external', 'service', {
    what,
    remedy: 'correct what the engine says, and plan again',
  })
}
