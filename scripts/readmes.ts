/**
 * `npm run readmes`: writes the tables of the actions' READMEs from their action.yml, and docs/cli.md from the table of
 * commands.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'yaml'
import { COMMANDS } from '../src/cli/commands.ts'
import { COMMON } from '../src/cli/common-options.ts'
import { optionForm, usage } from '../src/cli/help.ts'
import type { OptionSpec } from '../src/cli/spec.ts'
import { EXIT_CODES } from '../src/domain/outcome.ts'
import { markdownTable } from './markdown.ts'

export interface ActionFile {
  readonly name: string
  readonly description: string
  readonly inputs?: Readonly<Record<string, { description: string; required: boolean; default?: string }>>
  readonly outputs: Readonly<Record<string, { description: string }>>
  readonly runs: { readonly using: string; readonly main: string }
}

/** The folder of each action, relative to the repository, and its action.yml. */
export function actionFiles(
  root: string,
): { verb: string; readme: string; yml: string; action: ActionFile }[] {
  return readdirSync(join(root, 'actions')).map((verb) => {
    const yml = verb === 'release' ? 'action.yml' : `actions/${verb}/action.yml`
    const action = parse(readFileSync(join(root, yml), 'utf8')) as ActionFile
    return { verb, readme: `actions/${verb}/README.md`, yml, action }
  })
}

/** A README with its tables made anew. */
export function withTables(readme: string, action: ActionFile): string {
  const inputs = Object.entries(action.inputs ?? {}).map(([name, input]) => [
    `\`${name}\``,
    input.description,
    input.required ? 'required' : input.default === undefined ? '' : `\`${input.default}\``,
  ])
  const outputs = Object.entries(action.outputs).map(([name, output]) => [`\`${name}\``, output.description])
  return replaced(
    replaced(readme, 'inputs', markdownTable(['Input', 'What it is', 'Default'], inputs)),
    'outputs',
    markdownTable(['Output', 'What it is'], outputs),
  )
}

function replaced(text: string, marker: string, table: string): string {
  const pattern = new RegExp(`(<!-- ${marker}:[^>]*-->\\n)[\\s\\S]*?(<!-- /${marker} -->)`)
  if (!pattern.test(text)) throw new Error(`no markers for ${marker}`)
  return text.replace(pattern, (_, open: string, close: string) => `${open}${table}${close}`)
}

/** The page of the command line. */
export function cliPage(): string {
  const commands = COMMANDS.flatMap((command) => [
    `## ${command.name}`,
    '',
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    '',
    '```',
    usage(command),
    '```',
    '',
    ...(command.operand === undefined
      ? []
      : [`${command.operand.name}: ${command.operand.choices.map((c) => `\`${c}\``).join(', ')}`, '']),
    ...(command.options.length === 0 ? [] : [optionTable(command.options)]),
  ])
  return [
    '# The command line',
    '',
    '<!-- made from src/cli/commands.ts by `npm run readmes` -->',
    '',
    'With `--json`, stdout holds one JSON object and nothing else: the fields of `result.json` and the',
    "command's own, side by side. A first Ctrl-C brings the command to a safe end; a second ends it at once.",
    '',
    '## Common options',
    '',
    optionTable(COMMON),
    ...commands,
    '## Exit codes',
    '',
    markdownTable(
      ['Code', 'Outcome'],
      Object.entries(EXIT_CODES).map(([outcome, code]) => [String(code), outcome]),
    ),
  ].join('\n')
}

function optionTable(options: readonly OptionSpec[]): string {
  return markdownTable(
    ['Option', 'What it does'],
    options.map((option) => [`\`${optionForm(option)}\``, option.summary]),
  )
}

/** Every generated page by its path in the repository. */
export function pages(root: string): Record<string, string> {
  const readmes = actionFiles(root).map(({ readme, action }): [string, string] => [
    readme,
    withTables(readFileSync(join(root, readme), 'utf8'), action),
  ])
  return { ...Object.fromEntries(readmes), 'docs/cli.md': cliPage() }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = join(import.meta.dirname, '..')
  for (const [path, text] of Object.entries(pages(root))) writeFileSync(join(root, path), text)
}
