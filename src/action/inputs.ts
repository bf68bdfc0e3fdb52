import { isName, NAME_RULE } from '../domain/name.ts'
import { nearestName } from '../domain/nearest.ts'
import { parseDuration } from '../domain/quantity.ts'
import { Secret } from '../domain/secret.ts'

/**
 * One input of action.yml. An absent input is its default, or undefined where it has none and is not required.
 * `names` and `lines` hold one item a line; a `duration` becomes milliseconds.
 */
export type InputSpec =
  | { readonly kind: 'text' | 'name' | 'path'; readonly required?: true; readonly default?: string }
  | {
      readonly kind: 'choice'
      readonly choices: readonly string[]
      readonly required?: true
      readonly default?: string
    }
  | { readonly kind: 'boolean'; readonly default: boolean }
  | { readonly kind: 'names' | 'lines' }
  | { readonly kind: 'count' | 'duration' }
  | { readonly kind: 'secret' }

export type InputSpecs = Readonly<Record<string, InputSpec>>

type ValueOf<S extends InputSpec> = S extends { kind: 'boolean' }
  ? boolean
  : S extends { kind: 'names' | 'lines' }
    ? readonly string[]
    : S extends { kind: 'count' | 'duration' }
      ? number | undefined
      : S extends { kind: 'secret' }
        ? Secret | undefined
        : S extends { required: true } | { default: string }
          ? string
          : string | undefined

/** The typed values of an action's inputs. */
export type Inputs<S extends InputSpecs> = { readonly [K in keyof S]: ValueOf<S[K]> }

export type ReadInputs<S extends InputSpecs> =
  | { readonly ok: true; readonly values: Inputs<S> }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Reads `INPUT_*` as the runner sets them. Every problem is found at once; an input that the action does not know is one,
 * since a mistyped `dry-run` must not deploy.
 */
export function readInputs<S extends InputSpecs>(
  specs: S,
  env: Readonly<Record<string, string | undefined>>,
): ReadInputs<S> {
  const problems = unknownInputs(specs, env)
  const values: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(specs)) {
    const text = (env[variable(name)] ?? '').trim()
    const read = readOne(spec, text)
    if (typeof read === 'object' && read !== null && 'fault' in read) {
      problems.push(
        `input ${name}${spec.kind === 'secret' || text === '' ? '' : ` ${JSON.stringify(text)}`}: ${read.fault}`,
      )
    } else values[name] = read
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, values: values as Inputs<S> }
}

/** The variable in which the runner hands over an input. */
export function variable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}

function unknownInputs(specs: InputSpecs, env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(Object.keys(specs).map(variable))
  return Object.keys(env)
    .filter((key) => key.startsWith('INPUT_') && !known.has(key))
    .map((key) => {
      const name = key.slice('INPUT_'.length).toLowerCase()
      const near = nearestName(name, Object.keys(specs))
      const hint = near === undefined ? `known are ${Object.keys(specs).join(', ')}` : `did you mean ${near}?`
      return `unknown input ${JSON.stringify(name)}: ${hint}`
    })
}

interface Fault {
  readonly fault: string
}

function readOne(
  spec: InputSpec,
  text: string,
): string | number | boolean | readonly string[] | Secret | Fault | undefined {
  if (text.includes('\0')) return { fault: 'it holds a NUL byte' }
  switch (spec.kind) {
    case 'boolean':
      return text === '' ? spec.default : readBoolean(text)
    case 'secret':
      return text === '' ? undefined : new Secret(text)
    case 'count':
      if (text === '') return undefined
      return /^\d{1,9}$/.test(text) ? Number(text) : { fault: 'a whole number is needed' }
    case 'duration':
      if (text === '') return undefined
      return parseDuration(text) ?? { fault: 'a duration is needed, as in 90s, 10m or 2h' }
    case 'names':
    case 'lines': {
      const items = text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
      const bad = spec.kind === 'names' ? items.find((item) => !isName(item)) : undefined
      return bad === undefined
        ? items
        : { fault: `${JSON.stringify(bad)} is not a name: a name has ${NAME_RULE}` }
    }
    case 'text':
    case 'name':
    case 'path':
    case 'choice': {
      if (text !== '') return wordFault(spec, text) ?? text
      return spec.default ?? (spec.required ? { fault: 'it is required' } : undefined)
    }
    default:
      return spec satisfies never
  }
}

function wordFault(spec: Extract<InputSpec, { required?: true }>, text: string): Fault | undefined {
  if (spec.kind === 'name' && !isName(text)) return { fault: `a name has ${NAME_RULE}` }
  if (spec.kind === 'choice' && !spec.choices.includes(text)) {
    const near = nearestName(text, spec.choices)
    return { fault: near === undefined ? `one of ${spec.choices.join(', ')}` : `did you mean ${near}?` }
  }
  return undefined
}

/** The booleans of YAML 1.2's core schema, as the runner's own toolkit reads them. */
function readBoolean(text: string): boolean | Fault {
  if (['true', 'True', 'TRUE'].includes(text)) return true
  if (['false', 'False', 'FALSE'].includes(text)) return false
  return { fault: 'true or false is needed' }
}
