/** Durations are integer milliseconds, sizes are bytes, percentages are numbers from 0 to 100. */

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const SIZE_UNITS = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
} as const

export const DURATION_PATTERN = '^(0|[1-9][0-9]*)(ms|s|m|h|d)$'
export const SIZE_PATTERN = '^(0|[1-9][0-9]*)(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$'
export const PERCENT_PATTERN = '^(100|[1-9]?[0-9])%$'

/** `90s` -> 90000; undefined where the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = new RegExp(DURATION_PATTERN).exec(text)
  if (match === null) return undefined
  const value = Number(match[1]) * DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS]
  return Number.isSafeInteger(value) ? value : undefined
}

/** `1GiB` -> 1073741824; undefined where the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = new RegExp(SIZE_PATTERN).exec(text)
  if (match === null) return undefined
  const value = Number(match[1]) * SIZE_UNITS[match[2] as keyof typeof SIZE_UNITS]
  return Number.isSafeInteger(value) ? value : undefined
}

/** `10%` -> 10; undefined where the text is not a whole percentage from 0 to 100. */
export function parsePercent(text: string): number | undefined {
  const match = new RegExp(PERCENT_PATTERN).exec(text)
  return match === null ? undefined : Number(match[1])
}

/** 90000 -> `1m 30s`; 350 -> `350ms`: two units at most, for people. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const
  const parts: string[] = []
  let rest = ms < 10_000 ? Math.round(ms / 100) * 100 : Math.round(ms / 1000) * 1000
  if (rest < 10_000 && rest % 1000 !== 0) return `${(rest / 1000).toFixed(1)}s`
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    if (count > 0 && parts.length < 2) {
      parts.push(`${count}${unit}`)
      rest -= count * size
    }
  }
  return parts.join(' ') || '0s'
}

/** 1536 -> `1.5 KiB`, for people. */
export function formatSize(bytes: number): string {
  let value = bytes
  for (const unit of ['B', 'KiB', 'MiB', 'GiB'] as const) {
    if (value < 1024) return `${unit === 'B' ? value : value.toFixed(value < 10 ? 1 : 0)} ${unit}`
    value /= 1024
  }
  return `${value.toFixed(1)} TiB`
}
