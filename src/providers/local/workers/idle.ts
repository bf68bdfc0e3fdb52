/** What a machine has done up to a moment. */
export interface Activity {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Milliseconds of processor time that its processes have had; undefined where this machine does not say. */
  readonly cpu: number | undefined
  /** Lines that it has written. */
  readonly lines: number
}

export interface Watch {
  /** Since when it has had nothing to do. */
  readonly quietSince: number
  readonly last: Activity
}

/** A process that only waits and looks now and then stays below this share of one processor. */
const BUSY_SHARE = 0.02

/**
 * The watch after one more look. It was busy where it wrote something or had processor time, as a machine of a cloud is by its load; where
 * processor time cannot be read it counts as busy, for then its longest life is what ends it.
 */
export function watched(watch: Watch | undefined, now: Activity): Watch {
  if (watch === undefined) return { quietSince: now.at, last: now }
  const { last } = watch
  const busy =
    now.cpu === undefined ||
    last.cpu === undefined ||
    now.lines > last.lines ||
    now.cpu - last.cpu > BUSY_SHARE * (now.at - last.at)
  return { quietSince: busy ? now.at : watch.quietSince, last: now }
}

export interface Limits {
  /** Milliseconds without work. */
  readonly idleStop: number
  /** Milliseconds from its launch. */
  readonly maxLifetime: number
}

/** Why a machine has to end now (promise R32), if it has to. */
export function overdue(
  now: number,
  launchedAt: number,
  quietSince: number,
  { idleStop, maxLifetime }: Limits,
): 'lifetime' | 'idle' | undefined {
  if (now - launchedAt >= maxLifetime) return 'lifetime'
  return now - quietSince >= idleStop ? 'idle' : undefined
}
