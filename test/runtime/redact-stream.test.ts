import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Redactor, secretForms } from '../../src/runtime/redact.ts'
import { redactedBy, StreamRedactor } from '../../src/runtime/redact-stream.ts'

/** What passes of a text that comes in pieces of the given sizes, in bytes. */
function passed(secrets: readonly string[], text: string, sizes: readonly number[]): string {
  const redactor = new StreamRedactor(secrets.flatMap(secretForms))
  const bytes = Buffer.from(text)
  const out: Uint8Array[] = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    out.push(redactor.push(bytes.subarray(at, at + size)))
    at += size
  }
  return Buffer.concat([...out, redactor.end()]).toString('utf8')
}

const secret = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '/', '"', '\n', '7'),
  minLength: 4,
  maxLength: 12,
})
const secretText = secret.filter((text) => text.trim().length >= 4)
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

test('R5 however a stream is cut, the same is redacted as of the whole text', () => {
  fc.assert(
    fc.property(
      fc.array(secretText, { minLength: 1, maxLength: 3 }),
      fc.array(fc.string()),
      sizes,
      (secrets, around, cuts) => {
        const redactor = new Redactor()
        for (const value of secrets) redactor.register(value)
        const text = around.flatMap((part, i) => [part, secrets[i % secrets.length] ?? '']).join('')
        expect(passed(secrets, text, cuts)).toBe(redactor.text(text))
      },
    ),
  )
})

test('R5 a secret inside a longer one, and two that overlap, leave nothing of either', () => {
  expect(passed(['hunter22', 'hunter22-and-more'], 'x hunter22-and-more y', [3])).toBe('x [redacted] y')
  expect(passed(['abcdef', 'defghi'], 'x abcdefghi y', [4])).toBe('x [redacted] y')
})

test('an end that cannot begin a secret is not held up', () => {
  const redactor = new StreamRedactor(['hunter22'])
  expect(Buffer.from(redactor.push(Buffer.from('epoch 1\n'))).toString()).toBe('epoch 1\n')
  expect(Buffer.from(redactor.push(Buffer.from('epoch 2 hun'))).toString()).toBe('epoch 2 ')
  expect(Buffer.from(redactor.push(Buffer.from('gry\n'))).toString()).toBe('hungry\n')
})

test('bytes that are no text pass unchanged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      const redactor = new StreamRedactor(['hunter22'])
      expect(Buffer.concat([redactor.push(bytes), redactor.end()])).toEqual(Buffer.from(bytes))
    }),
  )
})

test('what a pipe held before it broke is passed on', async () => {
  async function* broken() {
    yield Buffer.from('last wor')
    throw new Error('EPIPE')
  }
  const out: Uint8Array[] = []
  const read = async () => {
    for await (const piece of redactedBy(new StreamRedactor(['words of somebody']), broken())) out.push(piece)
  }
  await expect(read()).rejects.toThrow('EPIPE')
  expect(Buffer.concat(out).toString()).toBe('last wor')
})
