import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import { bug, externalError, SluiceError, usageError } from '../../src/domain/error.ts'
import { EXIT_CODES } from '../../src/domain/outcome.ts'
import { Secret } from '../../src/domain/secret.ts'

test('an error shows every problem with its place and rule, and each remedy once', () => {
  const error = usageError([
    {
      at: 'sluice.yml:3:5',
      what: 'unknown key "prot"',
      rule: 'did you mean "port"?',
      remedy: 'see sluice.example.yml',
    },
    { at: 'sluice.yml:9:1', what: 'unknown key "bukets"', remedy: 'see sluice.example.yml' },
  ])
  expect(error.message).toBe(
    'sluice.yml:3:5: unknown key "prot" (did you mean "port"?)\nsluice.yml:9:1: unknown key "bukets"',
  )
  expect(error.remedy).toBe('see sluice.example.yml')
})

test('R48 the exit codes are the documented ones', () => {
  expect(EXIT_CODES).toEqual({
    done: 0,
    bug: 1,
    usage: 2,
    refused: 3,
    locked: 4,
    stale: 5,
    'rolled-back': 6,
    'rollback-failed': 7,
    'timed-out': 8,
    'cannot-observe': 9,
    cancelled: 10,
    external: 11,
  })
  expect(usageError({ what: 'x' }).code).toBe(2)
  expect(externalError('service', { what: 'x' }).code).toBe(11)
  expect(bug('x').code).toBe(1)
  expect(new SluiceError('stale', 'user', { what: 'x' }).code).toBe(5)
})

test('R5 a secret shows itself to nobody who does not ask for it by name', () => {
  const secret = new Secret('hunter2-hunter2')
  const shown = [
    `${secret}`,
    String(secret),
    secret.toString(),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ a: [secret] }),
  ]
  for (const text of shown) {
    expect(text).toContain('[redacted]')
    expect(text).not.toContain('hunter2')
  }
  expect(Object.keys(secret)).toEqual([])
  expect(secret.reveal()).toBe('hunter2-hunter2')
})

test('an error of another bundle, which holds the class itself, is known as one of ours', async () => {
  vi.resetModules()
  const other = await import('../../src/domain/error.ts')
  expect(other.SluiceError).not.toBe(SluiceError)
  expect(other.bug('x')).toBeInstanceOf(SluiceError)
  for (const none of [new Error('x'), undefined, null, 'x', { name: 'SluiceError' }]) {
    expect(none instanceof SluiceError).toBe(false)
  }
})

test('an error of ours is no instance of a kind that it is not', () => {
  class Kind extends SluiceError {}
  const kind = new Kind('locked', 'user', { what: 'x' })
  expect(kind).toBeInstanceOf(Kind)
  expect(kind).toBeInstanceOf(SluiceError)
  expect(bug('x') instanceof Kind).toBe(false)
})
