/** The five fields of a GitHub schedule (POSIX cron with names): smallest and largest value, and names from the smallest. */
const FIELDS: readonly { name: string; low: number; high: number; names?: readonly string[] }[] = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'day', low: 1, high: 31 },
  {
    name: 'month',
    low: 1,
    high: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'weekday', low: 0, high: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
]

export const SCHEDULES = ['monthly', 'weekly', 'daily']

/** What is wrong with a schedule; undefined where it is `monthly`, `weekly`, `daily` or five good cron fields. */
export function scheduleFault(text: string): string | undefined {
  if (SCHEDULES.includes(text)) return undefined
  const parts = text.split(' ')
  if (parts.length !== FIELDS.length) return `${parts.length} field${parts.length === 1 ? '' : 's'}`
  const bad = FIELDS.find((field, index) => !isField(parts[index] ?? '', field))
  return bad === undefined ? undefined : `${bad.name} outside ${bad.low}-${bad.high}`
}

function isField(text: string, field: (typeof FIELDS)[number]): boolean {
  return text.split(',').every((item) => {
    const match = /^(?:(\*)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/([0-9]{1,2}))?$/i.exec(item)
    if (match === null) return false
    const [, star, from = '', to = from, step = '1'] = match
    if (Number(step) < 1 || Number(step) > field.high) return false
    if (star !== undefined) return true
    const [low, high] = [numberOf(from, field), numberOf(to, field)]
    return low !== undefined && high !== undefined && low <= high
  })
}

function numberOf(text: string, { low, high, names }: (typeof FIELDS)[number]): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  const value = named >= 0 ? named + low : /^[0-9]{1,2}$/.test(text) ? Number(text) : Number.NaN
  return value >= low && value <= high ? value : undefined
}
