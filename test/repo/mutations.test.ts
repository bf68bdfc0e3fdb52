import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mutated, readMutations } from '../../scripts/mutate.ts'

const root = join(import.meta.dirname, '../..')

test.each(readMutations())(
  '$promise: the mutation of $file still applies, and its test exists',
  (mutation) => {
    const source = readFileSync(join(root, mutation.file), 'utf8')
    expect(mutated(source, mutation)).not.toBe(source)
    expect(mutation.promise).toMatch(/^(R\d+|structure)$/)
    expect(existsSync(join(root, mutation.test))).toBe(true)
  },
)

test('a mutation whose text is not there, or there twice, is an error', () => {
  const mutation = { promise: 'R1', file: 'x.ts', find: 'a', replace: 'b', test: 'x.test.ts' }
  expect(() => mutated('bcd', mutation)).toThrow('x.ts holds "a" 0 times, not once')
  expect(() => mutated('aba', mutation)).toThrow('x.ts holds "a" 2 times, not once')
})
