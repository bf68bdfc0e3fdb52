import { SluiceError } from '../../domain/error.ts'
import { formatDuration } from '../../domain/quantity.ts'
import { type Holder, isStale, type RolloutLock } from '../../release/lock.ts'
import type { Stored } from '../../release/stored.ts'
import { message } from '../../runtime/events.ts'
import { pollUntil } from '../../runtime/poll.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { isTransient } from './failure.ts'
import { hasEnded, personOf, runLink, thisProcess } from './identity.ts'

const LEASE = 30_000
const HEARTBEAT = LEASE / 3

/** The right to roll out, held by heartbeats until it is freed. */
export interface Held {
  /** Aborted when somebody else has taken the lock: nothing may be touched any more. */
  readonly lost: AbortSignal
  free(): Promise<void>
}

/**
 * Takes the rollout lock (promise R30). A holder that lives is waited for at most `wait` milliseconds; one that stopped
 * is succeeded once that is certain, which takes its lease where it ran on another machine.
 *
 * @throws SluiceError locked, with the holder and its age.
 */
export async function holdLock(runtime: Runtime, lock: RolloutLock, wait: number): Promise<Held> {
  const { clock, random, log } = runtime
  const self = await thisProcess(runtime)
  const token = Buffer.from(random.bytes(16)).toString('hex')
  const holder = (): Holder => ({
    schema: 'sluice.lock/v1',
    token,
    by: personOf(runtime),
    run: runLink(runtime),
    ...self,
    startedAt: new Date(clock.now()).toISOString(),
    heartbeatAt: new Date(clock.now()).toISOString(),
    lease: LEASE,
  })
  const began = clock.now()
  let watched: { readonly etag: string; readonly since: number } | undefined
  let last: Stored<Holder> | undefined
  let told = false
  const look = async (): Promise<{ holder: Holder; etag: string } | 'alive' | undefined> => {
    const found = await lock.read()
    const mine = holder()
    if (found?.value.token === token) return { holder: mine, etag: found.etag } // the answer to `take` was lost
    if (found !== undefined) {
      last = found
      const beaten = watched !== undefined && watched.etag !== found.etag
      if (watched === undefined || beaten) watched = { etag: found.etag, since: clock.now() }
      const processEnded = await hasEnded(runtime, found.value, self)
      if (!isStale(found.value, { unchangedFor: clock.now() - watched.since, processEnded })) {
        const sameMachine = found.value.host === self.host && found.value.born !== '' && !processEnded
        if ((beaten || sameMachine) && clock.now() - began >= wait) return 'alive'
        if (!told) log.emit(message('notice', `waiting for ${described(found.value, clock.now())}`))
        told = true
        return undefined
      }
      if (found.value.freed !== true) {
        log.emit(message('notice', `taking over from ${described(found.value, clock.now())}: it has stopped`))
      }
    }
    const etag = await lock.take(mine, found)
    // Somebody was faster in this very moment: now it has a holder to look at.
    return etag === 'taken' ? look() : { holder: mine, etag }
  }
  const ended = await pollUntil(runtime, look, {
    every: 1000,
    deadline: began + Math.max(wait, 0) + 2 * LEASE,
    signal: runtime.signals.cancelled,
    bear: { transient: isTransient, inARow: 4 },
  })
  if (ended !== 'timed-out' && ended.found !== 'alive') return keep(runtime, lock, ended.found)
  throw new SluiceError('locked', 'user', {
    what: last === undefined ? 'the rollout lock could not be taken' : described(last.value, clock.now()),
    rule: 'one rollout of an environment at a time',
    remedy: 'start again when it has ended, or wait for it with --wait-lock 10m',
  })
}

function described({ by, run, host, pid, startedAt }: Holder, now: number): string {
  const age = formatDuration(Math.max(0, now - Date.parse(startedAt)))
  const where = run ?? `process ${pid} on ${host.split(' ')[0]}`
  return `a rollout by ${by}, running for ${age} (${where})`
}

function keep(runtime: Runtime, lock: RolloutLock, taken: { holder: Holder; etag: string }): Held {
  const { clock } = runtime
  const lost = new AbortController()
  const stop = new AbortController()
  let { etag } = taken
  let renewed = clock.now()
  const now = (): Holder => ({ ...taken.holder, heartbeatAt: new Date(clock.now()).toISOString() })
  const giveUp = (why: string): void => {
    lost.abort(
      new SluiceError('locked', 'user', {
        what: `the rollout lock is lost: ${why}`,
        rule: 'who does not hold the lock moves no traffic',
        remedy: 'see "sluice operate status", then start again',
      }),
    )
  }
  const beat = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(HEARTBEAT, stop.signal)
      try {
        const next = await lock.renew(now(), etag)
        if (next === 'taken') return giveUp('another rollout has taken it')
        etag = next
        renewed = clock.now()
      } catch (error) {
        // One lost heartbeat is nothing; a whole lease of them is the end.
        if (clock.now() - renewed >= LEASE) return giveUp((error as Error).message)
      }
    }
  }
  const beating = beat().catch(() => {})
  return {
    lost: lost.signal,
    free: async () => {
      stop.abort(new Error('freed'))
      await beating
      await lock.free(now(), etag)
    },
  }
}
