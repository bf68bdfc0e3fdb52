import { usageError } from '../../src/domain/error.ts'

/**
 * Text that Terraform takes as it is: `${` and `%{` begin templates, and what a user writes is never one.
 * https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 *
 * @throws SluiceError usage for the texts that no escape says: a doubled sign before a brace, and cdktf's own marks.
 */
export function literal(text: string): string {
  if (/[$%]{2}\{|TfToken\[/.test(text)) {
    throw usageError({
      what: `${JSON.stringify(text)} cannot be said to Terraform`,
      rule: 'texts hold no "$$" or "%%" before "{", and no "TfToken["',
      remedy: 'give the text to the program in another way, a file or a secret',
    })
  }
  return text.replace(/\$\{/g, '$$$${').replace(/%\{/g, '%%{')
}

/** The same for every text inside a value, keys included. */
export function literals<T>(value: T): T {
  if (typeof value === 'string') return literal(value) as T
  if (Array.isArray(value)) return value.map(literals) as T
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, inner]) => [literal(key), literals(inner)])
  return Object.fromEntries(entries) as T
}
