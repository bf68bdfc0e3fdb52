/**
 * `npm run workflows`: writes docs/workflows.md from the workflows that other repositories call, and actions/release/action.yml from
 * the one at the root.
 *
 * `npm run workflows -- --pin OWNER/sluice@COMMIT --out DIR`: writes copies in which sibling actions are named in full, for
 * GitHub Enterprise Server and runners older than 2.336, which do not know `$/`.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { markdownTable } from './markdown.ts'

interface Given {
  readonly description: string
  readonly type?: 'string' | 'boolean' | 'number'
  readonly required?: boolean
  readonly default?: string | boolean | number
}

interface Called {
  readonly inputs?: Readonly<Record<string, Given>>
  readonly outputs?: Readonly<Record<string, { description: string; value: string }>>
  readonly secrets?: Readonly<Record<string, Given>>
}

export interface Step {
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly shell?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

export interface Job {
  readonly name?: string
  readonly if?: string
  readonly needs?: string | readonly string[]
  readonly uses?: string
  readonly secrets?: Readonly<Record<string, string>> | 'inherit'
  readonly permissions?: Readonly<Record<string, 'read' | 'write' | 'none'>>
  readonly environment?: string | { readonly name: string }
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean | string }
  readonly container?: { readonly image: string }
  readonly steps?: readonly Step[]
}

export interface Workflow {
  readonly name: string
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, string>>
  readonly concurrency?: Job['concurrency']
  readonly jobs: Readonly<Record<string, Job>>
}

export interface WorkflowFile {
  /** Relative to the repository. */
  readonly path: string
  readonly text: string
  readonly workflow: Workflow
}

const FOLDER = '.github/workflows'

export function workflowFiles(root: string, folder = FOLDER): WorkflowFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => {
      const path = `${folder}/${name}`
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, workflow: parse(text) as Workflow }
    })
}

/** Those that another repository calls. */
export const calledWorkflows = (root: string): WorkflowFile[] =>
  workflowFiles(root).filter(({ workflow }) => callOf(workflow) !== undefined && workflow.name !== 'test')

export const callOf = ({ on }: Workflow): Called | undefined =>
  'workflow_call' in on ? ((on['workflow_call'] ?? {}) as Called) : undefined

/** The same file with its sibling actions and workflows named in full. */
export function pinned(text: string, repository: string, commit: string): string {
  return text.replaceAll(
    /(\buses: )\$\/(\S+)/g,
    (_, uses: string, path: string) => `${uses}${repository}/${path}@${commit}`,
  )
}

/** In the order of a first visit. */
const ORDER = ['deploy', 'preview', 'preview-comment', 'command', 'train', 'operate', 'drift', 'affected']

export function workflowsPage(root: string): string {
  const called = calledWorkflows(root).sort(
    (a, b) => ORDER.indexOf(a.workflow.name) - ORDER.indexOf(b.workflow.name),
  )
  return [
    '# Workflows to call',
    '',
    '<!-- made from .github/workflows by `npm run workflows` -->',
    '',
    'Each is called from a job of your own: `uses: OWNER/sluice/.github/workflows/deploy.yml@COMMIT`, with the 40-digit commit of a release.',
    'Callers to copy lie in [`workflows-templates/`](../workflows-templates). The job that calls gives the permissions that are listed; GitHub',
    'refuses to start where one is missing. On top of the caller stands `permissions: {}`.',
    '',
    ...called.flatMap(section),
  ].join('\n')
}

function section({ text, workflow }: WorkflowFile): string[] {
  const { inputs = {}, outputs = {}, secrets = {} } = callOf(workflow) ?? {}
  const rows = (given: Readonly<Record<string, Given>>): string[][] =>
    Object.entries(given).map(([name, { description, type, required, default: value }]) => [
      `\`${name}\``,
      description,
      type ?? '',
      required === true ? 'required' : value === undefined || value === '' ? '' : `\`${String(value)}\``,
    ])
  return [
    `## ${workflow.name}`,
    '',
    ...introduction(text),
    '',
    markdownTable(['Input', 'What it is', 'Type', 'Default'], rows(inputs)),
    ...(Object.keys(outputs).length === 0
      ? []
      : [
          markdownTable(
            ['Output', 'What it is'],
            Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, description]),
          ),
        ]),
    ...(Object.keys(secrets).length === 0
      ? []
      : [
          markdownTable(
            ['Secret', 'What it is'],
            Object.entries(secrets).map(([name, { description }]) => [`\`${name}\``, description]),
          ),
        ]),
    markdownTable(['Permission of the calling job', 'What for'], permissionRows(text)),
    markdownTable(
      ['Job', 'Environment on GitHub', 'When'],
      Object.entries(workflow.jobs).map(([id, job]) => [`\`${id}\``, environmentOf(job), whenOf(job)]),
    ),
  ]
}

/** The comment on top of the file. */
function introduction(text: string): string[] {
  const lines = text.split('\n')
  return lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('#')),
    )
    .map((line) => line.replace(/^# ?/, ''))
}

/** What all jobs need together, each with the reason beside it. */
function permissionRows(text: string): string[][] {
  const reasons = new Map<string, Set<string>>()
  for (const [, name = '', level = '', reason = ''] of text.matchAll(
    /^ {6}([a-z-]+): (read|write) # (.+)$/gm,
  )) {
    const key = `\`${name}: ${level}\``
    reasons.set(key, (reasons.get(key) ?? new Set()).add(reason))
  }
  return [...reasons].sort(([a], [b]) => a.localeCompare(b)).map(([name, why]) => [name, [...why].join('; ')])
}

/** `ENVIRONMENT-plan` for `${{ inputs.environment }}-plan`. */
function environmentOf({ environment }: Job): string {
  const name = typeof environment === 'object' ? environment.name : environment
  return name === undefined ? '' : `\`${name.replace(/\$\{\{ inputs\.environment \}\}/, 'ENVIRONMENT')}\``
}

function whenOf({ if: condition, needs = [] }: Job): string {
  if (condition !== undefined) return `\`${condition.trim().replaceAll(/\s+/g, ' ')}\``
  // A job that is skipped skips those that need it, unless they say otherwise.
  const before = [needs].flat().map((job) => `\`${job}\``)
  return before.length === 0 ? 'always' : `after ${before.join(', ')}`
}

/** actions/release/action.yml: the root's own, for `$/actions/release`. */
export const releaseAction = (root: string): string =>
  readFileSync(join(root, 'action.yml'), 'utf8').replace('main: dist/', 'main: ../../dist/')

function main(root: string): void {
  const { values } = parseArgs({ options: { pin: { type: 'string' }, out: { type: 'string' } } })
  const { pin, out } = values
  if (pin === undefined) {
    writeFileSync(join(root, 'docs/workflows.md'), workflowsPage(root))
    writeFileSync(join(root, 'actions/release/action.yml'), releaseAction(root))
    return
  }
  const [, repository, commit] = /^([\w.-]+\/[\w.-]+)@([0-9a-f]{40})$/.exec(pin) ?? []
  if (repository === undefined || commit === undefined || out === undefined) {
    throw new Error('usage: --pin OWNER/NAME@COMMIT --out DIR, with the 40 digits of a commit')
  }
  pinAll(root, repository, commit, out)
}

/** Copies the called workflows and their action to a folder, pinned. */
export function pinAll(root: string, repository: string, commit: string, out: string): void {
  for (const { path, text } of calledWorkflows(root)) {
    mkdirSync(dirname(join(out, path)), { recursive: true })
    writeFileSync(join(out, path), pinned(text, repository, commit))
  }
  cpSync(join(root, '.github/actions'), join(out, '.github/actions'), { recursive: true })
}

if (process.argv[1] === import.meta.filename) main(join(import.meta.dirname, '..'))
