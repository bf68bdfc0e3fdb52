import { isName, NAME_RULE } from '../domain/name.ts'
import { nearestName } from '../domain/nearest.ts'
import { parseDuration } from '../domain/quantity.ts'
import type { CommandSpec, Line, OptionSpec, Parsed } from './spec.ts'

/**
 * Reads a command line. Written by hand because it runs before anything is loaded: rejecting a bad line must cost hardly
 * more than starting Node. All problems are found at once.
 */
export function parseLine(
  argv: readonly string[],
  commands: readonly CommandSpec[],
  common: readonly OptionSpec[],
): Parsed {
  const [first, ...rest] = argv
  if (first === undefined || first === '--help' || first === '-h') return { kind: 'help', command: undefined }
  if (first === '--version') return { kind: 'version' }
  const command = commands.find(({ name }) => name === first)
  const json = argv.includes('--json')
  if (command === undefined)
    return { kind: 'bad', command, problems: [unknownCommand(first, commands)], json }
  const reader = new Reader(command, [...command.options, ...common])
  reader.read(rest)
  if (reader.values.has('help')) return { kind: 'help', command }
  if (reader.values.has('version')) return { kind: 'version' }
  const problems = [...reader.problems, ...missing(command, reader)]
  return problems.length > 0
    ? { kind: 'bad', command, problems, json }
    : { kind: 'run', line: lineOf(reader) }
}

class Reader {
  readonly command: CommandSpec
  readonly options: readonly OptionSpec[]
  readonly values = new Map<string, string[]>()
  readonly problems: string[] = []
  operand: string | undefined

  constructor(command: CommandSpec, options: readonly OptionSpec[]) {
    this.command = command
    this.options = options
  }

  read(words: readonly string[]): void {
    for (let i = 0; i < words.length; i++) {
      const word = words[i] ?? ''
      if (!word.startsWith('-') || word === '-') {
        this.#operand(word)
        continue
      }
      const equals = word.startsWith('--') ? word.indexOf('=') : -1
      const name = equals === -1 ? word : word.slice(0, equals)
      const option = this.options.find((o) => name === `--${o.name}` || name === `-${o.short}`)
      if (option === undefined) this.problems.push(unknownOption(name, this.command, this.options))
      else if (option.kind === 'flag') this.#flag(option, equals === -1 ? undefined : word.slice(equals + 1))
      else if (equals !== -1) this.#value(option, word.slice(equals + 1))
      else if (words[i + 1] === undefined || words[i + 1]?.startsWith('--')) {
        this.problems.push(`--${option.name} needs a value: --${option.name} ${placeholder(option)}`)
      } else this.#value(option, words[++i] ?? '')
    }
  }

  #operand(word: string): void {
    const { operand, name } = this.command
    if (operand === undefined) {
      this.problems.push(`${name} takes no word beside its options, but got ${quoted(word)}`)
    } else if (this.operand !== undefined) {
      this.problems.push(
        `${name} takes one ${operand.name}, but got ${quoted(this.operand)} and ${quoted(word)}`,
      )
    } else if (!operand.choices.includes(word)) {
      const near = nearestName(word, operand.choices)
      const hint = near === undefined ? `one of ${operand.choices.join(', ')}` : `did you mean ${near}?`
      this.problems.push(`${name} knows no ${operand.name} ${quoted(word)}: ${hint}`)
      this.operand = word
    } else this.operand = word
  }

  #flag(option: OptionSpec, value: string | undefined): void {
    if (value === undefined) this.values.set(option.name, [''])
    else this.problems.push(`--${option.name} takes no value, but got ${quoted(value)}`)
  }

  #value(option: OptionSpec, value: string): void {
    const fault = valueFault(option, value)
    const before = this.values.get(option.name)
    if (fault !== undefined) this.problems.push(`--${option.name} ${quoted(value)}: ${fault}`)
    if (before !== undefined && option.many === undefined)
      this.problems.push(`--${option.name} is given twice`)
    this.values.set(option.name, [...(before ?? []), value])
  }
}

function valueFault(option: OptionSpec, value: string): string | undefined {
  if (value === '') return 'it is empty'
  if (value.includes('\0')) return 'it holds a NUL byte'
  switch (option.kind) {
    case 'flag':
    case 'text':
      return undefined
    case 'name':
      return isName(value) ? undefined : `a name has ${NAME_RULE}`
    case 'count':
      return /^\d{1,9}$/.test(value) ? undefined : 'a whole number is needed'
    case 'duration':
      return parseDuration(value) === undefined ? 'a duration is needed, as in 90s, 10m or 2h' : undefined
    case 'choice':
      return option.choices?.includes(value) ? undefined : `one of ${option.choices?.join(', ')}`
    default:
      return option.kind satisfies never
  }
}

function missing(command: CommandSpec, reader: Reader): string[] {
  const problems: string[] = []
  const { environment, operand } = command
  if (environment !== 'optional' && !reader.values.has('env')) {
    const instead = typeof environment === 'object' ? environment.unless : []
    const absent = instead.filter((name) => !reader.values.has(name))
    const begun = absent.length < instead.length
    const also = begun ? `, or ${absent.map((name) => `--${name}`).join(' and ')}` : ''
    if (instead.length === 0 || absent.length > 0)
      problems.push(`${command.name} needs --env ENVIRONMENT${also}`)
  }
  if (operand !== undefined && reader.operand === undefined) {
    problems.push(`${command.name} needs the ${operand.name}: one of ${operand.choices.join(', ')}`)
  }
  return problems
}

function lineOf({ command, operand, values }: Reader): Line {
  return {
    command,
    operand,
    has: (name) => values.has(name),
    text: (name) => values.get(name)?.at(-1),
    count: (name) => (values.has(name) ? Number(values.get(name)?.at(-1)) : undefined),
    duration: (name) => parseDuration(values.get(name)?.at(-1) ?? ''),
    list: (name) => values.get(name) ?? [],
  }
}

function unknownCommand(word: string, commands: readonly CommandSpec[]): string {
  if (word.startsWith('-')) return `the command comes first, but the line starts with ${quoted(word)}`
  const names = commands.map(({ name }) => name)
  const owner = commands.find(({ operand }) => operand?.choices.includes(word))
  const near = owner === undefined ? nearestName(word, names) : `sluice ${owner.name} ${word}`
  return `unknown command ${quoted(word)}: ${near === undefined ? `one of ${names.join(', ')}` : `did you mean ${near}?`}`
}

function unknownOption(word: string, command: CommandSpec, options: readonly OptionSpec[]): string {
  const near = nearestName(
    word.replace(/^-+/, ''),
    options.map(({ name }) => name),
  )
  const hint = near === undefined ? `see sluice ${command.name} --help` : `did you mean --${near}?`
  return `unknown option ${quoted(word)}: ${hint}`
}

export function placeholder(option: OptionSpec): string {
  return option.value ?? option.choices?.join('|') ?? option.name.toUpperCase()
}

const quoted = (value: string): string => JSON.stringify(value)
