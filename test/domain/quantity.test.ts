import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatDuration,
  formatSize,
  parseDuration,
  parsePercent,
  parseSize,
} from '../../src/domain/quantity.ts'

test.each([
  ['0s', 0],
  ['350ms', 350],
  ['90s', 90_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['60d', 5_184_000_000],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '5', 'm', '-5m', '5 m', '5M', '05m', '1.5h', '5m5s', '5m\n', '99999999999999999999d'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined()
  },
)

test.each([
  ['0B', 0],
  ['1KiB', 1024],
  ['1GiB', 1_073_741_824],
  ['2GB', 2_000_000_000],
])('the size %s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each(['', '1', 'GiB', '1gib', '1 GiB', '-1GiB', '1.5GiB', '9999999999999TiB'])(
  '%j is no size',
  (text) => {
    expect(parseSize(text)).toBeUndefined()
  },
)

test('percentages are whole numbers from 0 to 100', () => {
  expect(['0%', '9%', '10%', '99%', '100%'].map(parsePercent)).toEqual([0, 9, 10, 99, 100])
  expect(['101%', '010%', '1.5%', '10', '-1%', '%'].map(parsePercent)).toEqual(Array(6).fill(undefined))
})

test('durations for people have two units at most', () => {
  expect([0, 350, 1500, 10_000, 90_000, 3_600_000, 93_784_000].map(formatDuration)).toEqual([
    '0ms',
    '350ms',
    '1.5s',
    '10s',
    '1m 30s',
    '1h',
    '1d 2h',
  ])
})

test('every duration that is shown is within 4 % of the true one, from a second up', () => {
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 10 ** 10 }), (ms) => {
      const shown = formatDuration(ms)
        .split(' ')
        .map((part) => /^([\d.]+)(\D+)$/.exec(part))
        .reduce((sum, match) => sum + Number(match?.[1]) * unit[match?.[2] as keyof typeof unit], 0)
      expect(Math.abs(shown - ms) / ms).toBeLessThan(0.05)
    }),
  )
})

test('sizes for people', () => {
  expect([0, 1023, 1536, 20 * 2 ** 20, 3 * 2 ** 40].map(formatSize)).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '20 MiB',
    '3.0 TiB',
  ])
})
