/** The database servers of an environment, which are switched off with the whole of it alone. */
export interface DatabaseServers {
  /** Begins to stop each server; the names of those that ran. */
  stop(): Promise<readonly string[]>
  /** Starts each server and waits until it takes connections; the names of those that did not run. */
  start(): Promise<readonly string[]>
  /** The names of those that do not run. */
  stopped(): Promise<readonly string[]>
}

/**
 * How long a server may take to stop or to start, and how often it is looked at, in milliseconds. It takes some minutes, and may
 * be backing itself up before either.
 */
export const SWITCHING = { patience: 30 * 60_000, every: 10_000 } as const
