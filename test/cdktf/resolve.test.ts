import { App, DefaultTokenResolver, Lazy, StringConcat, TerraformStack, Token, Tokenization } from 'cdktf'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolved } from '../../cdktf/core/resolve.ts'

const stack = new TerraformStack(new App({ skipValidation: true }), 'stack')
const whole = (value: unknown): unknown =>
  Tokenization.resolve(value, {
    scope: stack,
    resolver: new DefaultTokenResolver(new StringConcat()),
    preparing: true,
  })

/** What a stack is made of: text, tokens of every kind, and text that looks like one. */
const texts = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '',
    `\${aws_vpc.main.id}`,
    `a \${b} } {`,
    `{"a":"\${b}"}`,
    '#{x}',
    '1e5',
    '-1.8e+2',
    'node-exporter',
    '10.0.0.0/16',
    Token.asString('made later'),
    `arn:${Token.asString({ made: 'later' })}:x`,
    `before ${Token.asNumber(7)} after`,
    Lazy.stringValue({ produce: () => 'lazy' }),
  ),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'value' },
    texts,
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constantFrom(
      undefined,
      null,
      Token.asNumber('a number'),
      Token.asList(['a', 'b']),
      Token.asNumberList([1, 2]),
      Token.asStringMap({ a: 'b' }),
      Token.asAny({ any: [1] }),
      Lazy.anyValue({ produce: () => ({ a: [Token.asString('inner')] }) }),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

/** A value, or how it was refused. */
function attempt(resolve: (value: unknown) => unknown, given: unknown): unknown {
  try {
    return { value: resolve(given) }
  } catch (error) {
    // The path in it begins elsewhere.
    return { refused: (error as Error).message.replace(/\/\S*/g, '') }
  }
}

test('what is resolved is what cdktf itself gives, or refuses', () => {
  fc.assert(
    fc.property(value, (given) => {
      expect(attempt((one) => resolved(stack, one), given)).toStrictEqual(attempt(whole, given))
    }),
    { numRuns: 2000 },
  )
})

test('a function and a construct are refused as cdktf does', () => {
  for (const given of [{ a: () => 1 }, { a: stack }]) {
    expect(() => resolved(stack, given)).toThrow()
  }
})
