import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { anchor } from './anchor.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/features.md'), 'utf8')
const ROW = /^\| (\d+) \| ([^|]+) \| \[[^\]]+\]\(([^)#]+)(?:#([^)]+))?\) \| `(test\/[^`]+)`: "(.+)" \|$/

interface Feature {
  readonly number: number
  readonly what: string
  readonly doc: string
  readonly heading: string | undefined
  readonly file: string
  readonly name: string
}

const lines = page.split('\n').filter((line) => /^\| \d/.test(line))
const features = lines.map((line): Feature => {
  const [, number, what = '', doc = '', heading, file = '', name = ''] = ROW.exec(line) ?? []
  if (number === undefined) throw new Error(`docs/features.md: a line that is none: ${line}`)
  return { number: Number(number), what, doc, heading, file, name }
})

test('docs/features.md counts its lines without a gap', () => {
  expect(features.map(({ number }) => number)).toEqual(features.map((_, index) => index + 1))
  expect(features.length).toBeGreaterThan(50)
})

test.each(features)('$number, $what: is explained where it says', ({ doc, heading }) => {
  const text = readFileSync(join(root, 'docs', doc), 'utf8')
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, one = '']) => anchor(one))
  if (heading !== undefined) expect(headings).toContain(heading)
})

test.each(features)('$number, $what: is shown by a test of that name', ({ file, name }) => {
  expect(existsSync(join(root, file)), file).toBe(true)
  const text = readFileSync(join(root, file), 'utf8')
  // A title stands on one line, behind its quote.
  const isTitle = (line: string): boolean => /['`]/.test(line.slice(0, Math.max(0, line.indexOf(name))))
  expect(
    text
      .split('\n')
      .filter((line) => line.includes(name))
      .some(isTitle),
    `${file} has ${name}`,
  ).toBe(true)
})
