/**
 * A name that may appear in sluice.yml, on a command line, in a path and in a cloud's resource id.
 *
 * The narrow alphabet is a safety rule, not a taste: a name can never be an option (`-x`), leave a folder (`..`)
 * or carry a shell or workflow metacharacter.
 */
export type Name = string & { readonly __brand: 'Name' }

/** The rule in the words that errors use. */
export const NAME_RULE = '1 to 63 characters of a-z, 0-9, ".", "_" and "-", starting with a letter or digit'

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62})$/

export function isName(text: string): text is Name {
  return NAME.test(text) && !text.includes('..')
}

/** `api-db` -> `API_DB`: the stem of the environment variables that a connected resource becomes. */
export function variableStem(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}
