import { COMMANDS } from './commands.ts'
import { COMMON } from './common-options.ts'
import { placeholder } from './parse.ts'
import type { CommandSpec, OptionSpec } from './spec.ts'

/** Columns of a terminal that nobody has widened. */
const WIDTH = 80
/** Where the second column begins. */
const COMMAND_COLUMN = 13
const OPTION_COLUMN = 28

/** Help goes to stdout where it was asked for; where a command was forgotten it is an error. */
export function printHelp(command: CommandSpec | undefined, forgotten: boolean): void {
  const text = command === undefined ? overview() : commandHelp(command)
  if (forgotten) {
    process.stderr.write(text)
    process.exitCode = 2
  } else process.stdout.write(text)
}

export async function printVersion(): Promise<void> {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  process.stdout.write(`${manifest.version}\n`)
}

function overview(): string {
  return [
    'sluice <command> [options]',
    '',
    ...wrapped(
      '',
      'Takes a machine-learning system from its repository to the cloud, through an evaluation gate.',
      0,
    ),
    '',
    'Commands:',
    ...COMMANDS.flatMap(({ name, summary }) => wrapped(`  ${name}`, summary, COMMAND_COLUMN)),
    '',
    'Common options:',
    ...optionLines(COMMON),
    '',
    'sluice <command> --help shows the options of a command.',
    '',
  ].join('\n')
}

function commandHelp(command: CommandSpec): string {
  const own = command.options.length === 0 ? [] : ['Options:', ...optionLines(command.options), '']
  const operand =
    command.operand === undefined ? [] : [`${command.operand.name}:`, ...lines(command.operand.choices), '']
  return [
    usage(command),
    '',
    ...wrapped('', `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`, 0),
    '',
    ...operand,
    ...own,
    'Common options:',
    ...optionLines(COMMON),
    '',
  ].join('\n')
}

/** Choices, a few on a line. */
function lines(choices: readonly string[]): string[] {
  return choices.length <= 8
    ? [`  ${choices.join(', ')}`]
    : [`  ${choices.slice(0, 8).join(', ')},`, ...lines(choices.slice(8))]
}

export function usage({ name, operand, environment }: CommandSpec): string {
  const env = environment === 'required' ? ' --env ENVIRONMENT' : ''
  return `sluice ${name}${operand === undefined ? '' : ` <${operand.name}>`}${env} [options]`
}

export function optionForm(option: OptionSpec): string {
  const short = option.short === undefined ? '' : `-${option.short}, `
  return `${short}--${option.name}${option.kind === 'flag' ? '' : ` ${placeholder(option)}`}`
}

function optionLines(options: readonly OptionSpec[]): string[] {
  return options.flatMap((option) => wrapped(`  ${optionForm(option)}`, option.summary, OPTION_COLUMN))
}

/** A term, and its text from `column` on, over as many lines as the width needs. */
function wrapped(term: string, text: string, column: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && column + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((part, index) => `${(index === 0 ? term : '').padEnd(column)}${part}`)
}
