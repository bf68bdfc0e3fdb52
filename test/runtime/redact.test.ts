import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Redactor, secretForms } from '../../src/runtime/redact.ts'
import { shown } from '../../src/runtime/shown.ts'
import { runnerCommands } from './reference-runner.ts'

const SECRET = 'p@ss/w0rd+"<ü>\\ 1'

function redactorOf(...secrets: string[]): Redactor {
  const redactor = new Redactor()
  for (const secret of secrets) redactor.register(secret)
  return redactor
}

const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (s) => s,
  base64: (s) => Buffer.from(s).toString('base64'),
  'base64 for URLs': (s) => Buffer.from(s).toString('base64url'),
  'base64 of a longer text, one byte before': (s) => withinBase64('u', s),
  'base64 of a longer text, two bytes before': (s) => withinBase64('u:', s),
  'URL-encoded': encodeURIComponent,
  'form-encoded': (s) => encodeURIComponent(s).replaceAll('%20', '+'),
  'URL-encoded in lower case': (s) => encodeURIComponent(s).replace(/%../g, (hex) => hex.toLowerCase()),
  'JSON-escaped': (s) => JSON.stringify(s).slice(1, -1),
  'JSON in JSON': (s) => JSON.stringify(JSON.stringify(s).slice(1, -1)).slice(1, -1),
  'JSON as Go writes it': (s) =>
    JSON.stringify(s).slice(1, -1).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'),
}

/** The characters of `<before><secret>@host` in base64 that tell of the secret alone. */
function withinBase64(before: string, secret: string): string {
  const bits = (text: string): number => Buffer.byteLength(text) * 8
  const whole = Buffer.from(`${before}${secret}@host`).toString('base64')
  return whole.slice(Math.ceil(bits(before) / 6), Math.floor(bits(before + secret) / 6))
}

test.each(Object.entries(FORMS))('R5 a secret is redacted in its form %s', (_, form) => {
  const text = redactorOf(SECRET).text(`before ${form(SECRET)} after`)
  expect(text).not.toContain(form(SECRET))
  expect(text).toMatch(/^before .*\[redacted\].* after$/)
})

test('R5 no form of any registered secret is left in any text', () => {
  const secret = fc
    .string({ minLength: 4, maxLength: 40, unit: 'grapheme' })
    .filter((s) => s.trim().length >= 4)
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      fc.string(),
      fc.constantFrom(...Object.values(FORMS)),
      (secrets, around, form) => {
        const redactor = redactorOf(...secrets)
        const text = redactor.text(secrets.map((s) => around + form(s.toWellFormed())).join(around))
        // What the marker itself holds was not said by the text.
        const rest = text.split('[redacted]')
        for (const one of secrets.flatMap(secretForms)) {
          for (const part of rest) expect(part).not.toContain(one)
        }
      },
    ),
  )
})

test('R5 every line of a secret of several lines is one', () => {
  const key = '-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\r\nq83vEiM0RVZn\n}\n-----END KEY-----'
  const text = redactorOf(key).text('line: MIIEowIBAAKCAQEA\nline: q83vEiM0RVZn\nline: }')
  expect(text).toBe('line: [redacted]\nline: [redacted]\nline: }')
})

test('R5 a secret that ends as it begins leaves nothing where it stands in itself', () => {
  const redactor = new Redactor()
  redactor.register('key-1-key')
  expect(redactor.text('a key-1-key-1-key b')).toBe('a [redacted] b')
})

test('R5 secrets that overlap in a text leave nothing of either', () => {
  expect(redactorOf('abcdef', 'defghi').text('xabcdefghiy')).toBe('x[redacted]y')
})

test('R5 data are redacted in values, keys and numbers, at any depth', () => {
  const redactor = redactorOf('hunter22', '123456')
  expect(redactor.data({ a: ['hunter22'], hunter22: { n: 123456, m: 7 }, nothing: null })).toEqual({
    a: ['[redacted]'],
    '[redacted]': { n: '[redacted]', m: 7 },
    nothing: null,
  })
})

test('a secret of fewer than four characters is said to be too short', () => {
  const redactor = new Redactor()
  expect(redactor.register('abc')).toBe(false)
  expect(redactor.register('   a   ')).toBe(false)
  expect(redactor.text('the alphabet starts with abc')).toBe('the alphabet starts with abc')
  expect(redactor.register('')).toBe(true)
})

test('R5 an escape sequence in the middle does not save a secret', () => {
  expect(shown(redactorOf('hunter22'), 'hun\x1b[0mter22')).toBe('[redacted]')
})

test.each(['##hunter22', '##hun\x1b[0mter22'])(
  'R4 the redacted text of %j is no command, though the marker would make one',
  (text) => {
    const safe = shown(redactorOf('hunter22'), text)
    expect(runnerCommands(safe)).toEqual([])
    expect(safe).toBe('# #[redacted]')
  },
)

test('R5 a secret that only the neutralising would put together is not shown', () => {
  const redactor = new Redactor()
  redactor.register(': :hunter22')
  expect(shown(redactor, '::hunter22')).not.toContain(': :hunter22')
})
