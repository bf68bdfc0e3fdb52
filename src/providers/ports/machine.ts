/** A cloud that is this machine: started and stopped as a whole, with all its data kept in between. */
export interface Machine {
  start(): Promise<'started' | 'running'>
  /** What `up` shows beside the services: buckets, databases, ... */
  endpoints(): Promise<readonly { readonly url: string; readonly resource?: string }[]>
  /** The environment variables of the system's processes; some values are secret. */
  variables(): Promise<{
    readonly shared: Readonly<Record<string, string>>
    /** By resource, for those that connect to it. */
    readonly connections: Readonly<Record<string, Readonly<Record<string, string>>>>
  }>
  /** Drains and stops everything. */
  stop(): Promise<'stopped' | 'absent'>
}
