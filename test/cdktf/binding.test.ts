import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { App, DefaultTokenResolver, StringConcat, TerraformStack, Token, Tokenization } from 'cdktf'
import type { Construct } from 'constructs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { data, provider, resource } from '../../cdktf/core/binding.ts'
import { type Field, fieldsOf, fieldsText } from '../../cdktf/core/binding-table.ts'
import { type ReadBinding, readBinding } from '../../scripts/bindings/read.ts'
import { tableOf } from '../../scripts/bindings/write.ts'

const root = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)

/** Every binding that a compiler imports, `@cdktf/provider-aws/lib/lb/index.js`. */
const IMPORTED = [
  ...new Set(
    globSync('cdktf/**/*.ts', { cwd: root }).flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/'(@cdktf\/provider-[^']+)'/g)].map(
        ([, name]) => name ?? '',
      ),
    ),
  ),
].sort()

/** As it stands in JSON. */
const EXPRESSION = `$\{aws_other.one.arn}`

type Class = new (scope: Construct, id: string, config: object) => Record<string, unknown>

const sourceOf = (name: string): string => readFileSync(require.resolve(name), 'utf8')

function classOf(binding: ReadBinding): Class {
  const table = tableOf(binding)
  switch (binding.kind) {
    case 'resource':
      return resource(table) as unknown as Class
    case 'data':
      return data(table) as unknown as Class
    case 'provider':
      return provider(table, binding.source ?? '') as unknown as Class
    default:
      return binding.kind satisfies never
  }
}

/** What may be given: values, expressions, and for objects also nothing, an empty one, and one with a name of no attribute. */
function configOf(fields: readonly Field[], { structs }: ReadBinding): fc.Arbitrary<object> {
  const text = fc.constantFrom('one', 'two', EXPRESSION)
  const whole = fc.constant(0).map(() => Token.asAny(EXPRESSION))
  const given = ({ mapper }: Field): fc.Arbitrary<unknown> => {
    switch (mapper?.kind) {
      case undefined:
        return fc.constant(undefined)
      case 'plain':
        return fc.oneof(text, fc.integer(), fc.boolean())
      case 'list':
        return fc.array(text, { maxLength: 2 })
      case 'map':
        return fc.dictionary(fc.constantFrom('a', 'b'), text)
      case 'object':
        return fc.oneof(objectOf(mapper.place), ...(structs[mapper.place]?.resolvable ? [whole] : []))
      case 'objects':
        return fc.oneof(fc.array(objectOf(mapper.place), { maxLength: 2 }), whole)
      default:
        return mapper satisfies never
    }
  }
  const objectOf = (place: number): fc.Arbitrary<object> =>
    configOf(structs[place]?.fields ?? [], { structs } as ReadBinding)
  const entries = fields
    .filter(({ mapper }) => mapper !== undefined)
    .map((field) => [field.property, given(field)] as const)
  return fc.record({ ...Object.fromEntries(entries), ofNoAttribute: fc.constant(1) }, { requiredKeys: [] })
}

function made(Made: Class, config: object): { one: Record<string, unknown>; stack: TerraformStack } {
  const stack = new TerraformStack(new App(), 'stack')
  return { one: new Made(stack, 'made', config), stack }
}

/** What the properties of a class are as expressions, those of its objects too. */
function properties(Made: Class, { fields, structs }: ReadBinding): Record<string, unknown> {
  const { one, stack: scope } = made(Made, {})
  const read: Record<string, unknown> = {}
  const resolver = new DefaultTokenResolver(new StringConcat())
  const resolved = (value: unknown): unknown =>
    Tokenization.resolve(value, { scope, resolver, preparing: false })
  const note = (from: Record<string, unknown>, of: readonly Field[], path: string): void => {
    for (const { property, getter } of of) {
      const value = from[property]
      read[path + property] = resolved(value)
      if (getter.kind !== 'object' && getter.kind !== 'objects') continue
      const list = value as { get(index: number): object }
      const object = (getter.kind === 'object' ? value : list.get(1)) as Record<string, unknown>
      read[`${path}${property}[1]`] = resolved(object)
      // Some objects hold themselves.
      if (path.length < 60) note(object, structs[getter.place]?.fields ?? [], `${path}${property}.`)
    }
  }
  note(one, fields, '')
  return read
}

test('every binding is imported by the file that holds one resource', () => {
  expect(IMPORTED.length).toBeGreaterThan(100)
})

describe('a table makes of every configuration what the binding makes', () => {
  test.each(IMPORTED)('%s', (name) => {
    const binding = readBinding(sourceOf(name))
    const Original = (require(name) as Record<string, Class>)[binding.name]
    if (Original === undefined) throw new Error(`${name} exports no ${binding.name}`)
    const Table = classOf(binding)
    if (binding.kind !== 'provider') {
      expect(properties(Table, binding)).toEqual(properties(Original, binding))
    }
    fc.assert(
      fc.property(configOf(binding.fields, binding), (config) => {
        const [table, original] = [made(Table, config), made(Original, config)]
        expect(table.stack.toTerraform()).toEqual(original.stack.toTerraform())
      }),
      { numRuns: 20 },
    )
  })
})

test('a line that the generator did not write before is refused with its text', () => {
  const source = sourceOf('@cdktf/provider-aws/lib/ecs-cluster/index.js')
  const changed = (from: string, to: string) => () => readBinding(source.replace(from, to))
  expect(() => readBinding(source)).not.toThrow()
  expect(changed("return this.getStringAttribute('arn');", "return this.getArn('arn');")).toThrow(/getArn/)
  expect(changed('name: cdktf.stringToTerraform(this._name),', 'name: named(this._name),')).toThrow(/named/)
  expect(changed('this._name = config.name;', 'this._name = config.name ?? "x";')).toThrow(/not understood/)
  expect(changed('hasAnyValues = true;', 'hasAnyValues = false;')).toThrow(/not understood/)
  expect(
    changed('class EcsCluster extends', 'class EcsCluster2 extends Other {\n}\nclass EcsCluster extends'),
  ).toThrow(/EcsCluster2/)
})

test('the text of a table gives its fields back', () => {
  for (const name of IMPORTED) {
    const { fields, structs } = readBinding(sourceOf(name))
    for (const each of [fields, ...structs.map((struct) => struct.fields)]) {
      expect(fieldsOf(fieldsText(each))).toEqual(each)
    }
  }
})
