export interface LogLine {
  readonly at: number
  readonly stream: 'stdout' | 'stderr'
  readonly revision: string
  readonly text: string
}

export interface LogQuery {
  readonly follow: boolean
  /** Milliseconds since the epoch; absent: the last `tail` lines. */
  readonly since?: number
  readonly tail: number
  readonly filter?: string
  readonly signal?: AbortSignal
}

/** A machine that a worker has, or had last. */
export interface MachineStatus {
  readonly worker: string
  readonly state: 'absent' | 'running' | 'stopped' | 'terminated'
  /** Its id, where there is or was one. */
  readonly machine: string | null
  /** What it runs, for people. */
  readonly runs: string
  /** When it was launched, milliseconds since the epoch. */
  readonly since: number | null
  /** Why it does not run, or what is wrong with one that does; null where nothing is known to be. */
  readonly trouble: string | null
  /** Version of the template that it was started from, where there are such. */
  readonly version?: number | null
  /** Where it says so itself. */
  readonly activity?: 'working' | 'idle'
  /** The command that opens a shell there, where something reaches it. */
  readonly shell?: string
}

/** Daily work on what runs. */
export interface Operations {
  logs(service: string, query: LogQuery): AsyncIterable<LogLine>
  /** Desired count 0, addresses and data kept. */
  pause(service: string): Promise<void>
  resume(service: string): Promise<void>
  restart(service: string): Promise<void>
  /** What costs beside services, switched with the whole system alone: servers of databases, machines of workers. */
  readonly rest?: {
    /** In words, what was done: `db stopping`. It may be repeated. */
    pause(): Promise<readonly string[]>
    /** Resolves when services can connect again. */
    resume(): Promise<readonly string[]>
    /** Names of the databases whose servers are switched off. */
    stopped(): Promise<readonly string[]>
    /** Machines of workers, where the provider can say. */
    machines?(): Promise<readonly MachineStatus[]>
  }
}
