import { resolve } from 'node:path'
import { type LoadedEnvironment, loadDocument, selectEnvironment } from '../config/load.ts'
import { problemLine } from '../domain/error.ts'
import { cronOf } from '../domain/system/schedule.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../domain/system/system.ts'
import { message } from '../runtime/events.ts'
import type { Command } from './command.ts'

/** When a workflow starts a pipeline. */
interface Schedule {
  readonly pipeline: string
  readonly schedule: string
  readonly cron: string
}

interface Checked {
  readonly name: string
  readonly cloud: string
  readonly counts: Readonly<Record<ResourceKind, number>>
  /** What the environment's cloud cannot run yet, one line each. */
  readonly notCarried: readonly string[]
}

/**
 * Checks sluice.yml. With `--env` what that environment's cloud cannot run is an error, as it is for every verb; without,
 * it is a warning, because the other environments are fine.
 *
 * @throws SluiceError usage with every problem, sorted by position
 */
export const validate: Command<Readonly<Record<string, never>>> = async ({ runtime, request }) => {
  const absolute = resolve(runtime.cwd, request.file)
  const { file, environments } = await loadDocument(runtime.files, absolute, runtime.cwd)
  const chosen =
    request.environment === '' ? environments : [selectEnvironment(file, environments, request.environment)]
  const checked = chosen.map(summarise)
  const columns = [
    'environment',
    'cloud',
    ...RESOURCE_KINDS.filter((kind) => checked.some((env) => env.counts[kind] > 0)),
  ]
  const rows = checked.map((env) => columns.map((column) => cell(env, column)))
  runtime.log.emit({ kind: 'table', title: file, columns, rows })
  for (const { name, notCarried } of checked) {
    for (const line of notCarried)
      runtime.log.emit(message('warning', `${name} cannot be opened yet: ${line}`))
  }
  const schedules = schedulesOf(chosen)
  for (const { pipeline, schedule, cron } of schedules) {
    const text = `pipeline ${pipeline} runs ${schedule}: its workflow has on: { schedule: [{ cron: "${cron}" }] }`
    runtime.log.emit(message('info', text))
  }
  const names = checked.map(({ name }) => name).join(', ')
  return {
    command: 'validate',
    outcome: 'done',
    message: `${file} is valid for ${names}`,
    outputs: {},
    data: { file, environments: checked, schedules },
    summary: markdown(columns, rows),
  }
}

/** Over all environments; one that has another schedule has a line of its own. */
function schedulesOf(environments: readonly LoadedEnvironment[]): readonly Schedule[] {
  const all = environments.flatMap(({ system }) =>
    Object.values(system.pipelines).flatMap(({ name, schedule }) =>
      schedule === undefined ? [] : [{ pipeline: name, schedule, cron: cronOf(schedule) }],
    ),
  )
  return [...new Map(all.map((one) => [`${one.pipeline} ${one.cron}`, one])).values()]
}

function summarise({ name, cloud, system, notCarried }: LoadedEnvironment): Checked {
  const counts = Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, Object.keys(system[kind]).length]))
  return { name, cloud, counts: counts as Checked['counts'], notCarried: notCarried.map(problemLine) }
}

function cell(env: Checked, column: string): string {
  if (column === 'environment') return env.name
  if (column === 'cloud') return env.cloud
  return String(env.counts[column as keyof Checked['counts']])
}

/** Names have no characters that Markdown reads (src/domain/name.ts). */
function markdown(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('')
}
