import { REDACTED } from '../../domain/secret.ts'

type Variables = Readonly<Record<string, string>>

export interface ProcessVariables {
  readonly shared: Variables
  readonly connections: Readonly<Record<string, Variables>>
}

/** All of them by name: what everyone is given, then what connections add. */
export function allVariables({ shared, connections }: ProcessVariables): Variables {
  return Object.assign({}, shared, ...Object.values(connections))
}

const SECRET_NAME = /PASSWORD|SECRET|TOKEN|PRIVATE/

/** A value as it may be shown: whole secrets redacted by their name, passwords inside a URL by their place. */
export function shownValue(name: string, value: string): string {
  if (SECRET_NAME.test(name)) return REDACTED
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/]*:)[^@/]+@/i, `$1${REDACTED}@`)
}

/** `NAME='value'` lines that a POSIX shell reads back as they are (sh, 2.2.2: nothing is special in single quotes). */
export function exportLines(variables: Variables): readonly string[] {
  return Object.entries(variables)
    .filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${quoted(value)}`)
}

function quoted(value: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
