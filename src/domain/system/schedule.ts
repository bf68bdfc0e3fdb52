/** A few minutes past the hour, where GitHub starts workflows late least often. https://docs.github.com/actions/reference/events-that-trigger-workflows#schedule */
const CRONS: Readonly<Record<string, string>> = {
  monthly: '17 3 1 * *',
  weekly: '17 3 * * 1',
  daily: '17 3 * * *',
}

/** The cron, in UTC, of the workflow that runs a pipeline of this schedule: `monthly`, `weekly`, `daily`, or itself one. */
export function cronOf(schedule: string): string {
  return Object.hasOwn(CRONS, schedule) ? (CRONS[schedule] ?? schedule) : schedule
}
