/** What a team allows a plan to do: `guards` of sluice.yml. What holds data is guarded without it. */
export interface Guards {
  /** Resources that may be deleted or replaced at once; absent: any number of those that hold no data. */
  readonly destroys?: number
  /**
   * The team's own policy, an argument vector run in the folder of sluice.yml: exit 0 passes, 1 refuses, anything else is no
   * answer. The plan's JSON comes on standard input, or as a file where an argument holds `{plan}`.
   */
  readonly policy?: readonly string[]
}
