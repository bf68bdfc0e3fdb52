import { DefaultTokenResolver, StringConcat, type TerraformStack, Tokenization } from 'cdktf'

const RESOLVER = new DefaultTokenResolver(new StringConcat())

/**
 * What cdktf's own `resolve` gives. Most of a stack is text in which nothing is to be resolved: cdktf makes several objects and
 * runs four expressions for each word of it, here it is copied. Everything else goes to cdktf.
 */
export function resolved(stack: TerraformStack, value: unknown): unknown {
  const ask = (inner: unknown): unknown =>
    Tokenization.resolve(inner, { scope: stack, resolver: RESOLVER, preparing: true })
  const walk = (inner: unknown): unknown => {
    if (typeof inner !== 'object' || inner === null) return isPlain(inner) ? inner : ask(inner)
    if (Array.isArray(inner)) {
      // Of a list that is a token one element is left, which only the list says.
      if (inner.some((one) => typeof one !== 'object' && !isPlain(one))) return ask(inner)
      return inner.map(walk).filter((one) => one !== undefined)
    }
    if (Object.getPrototypeOf(inner) !== Object.prototype || 'resolve' in inner) return ask(inner)
    const entries = Object.entries(inner)
    if (!entries.every(([key]) => isPlain(key))) return ask(inner)
    const copy: Record<string, unknown> = {}
    for (const [key, one] of entries) {
      const made = walk(one)
      if (made !== undefined) copy[key] = made
    }
    return copy
  }
  return walk(value)
}

/**
 * Neither a token nor a part of one, nor what cdktf escapes
 * (https://github.com/hashicorp/terraform-cdk/blob/v0.21.0/packages/cdktf/lib/tokens/private/encoding.ts).
 */
function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return !SPECIAL.test(value)
    case 'number':
      // A token is a number near -1e289; a map of numbers is -123456789.
      return value >= 0 && value < Number.MAX_SAFE_INTEGER
    case 'boolean':
    case 'undefined':
      return true
    default:
      return false
  }
}

const SPECIAL = /[$#&]\{|[-|\d.+]e[-|\d.eE+]|Map Token Value|TfToken/
