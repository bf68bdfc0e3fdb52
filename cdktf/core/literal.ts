/**
 * Text that Terraform takes as it is: `${` and `%{` begin templates, and what a user writes is never one.
 * https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 */
export function literal(text: string): string {
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
