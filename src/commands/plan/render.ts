import { basename, resolve } from 'node:path'
import { usageError } from '../../domain/error.ts'
import { readPlan } from '../../plan/read.ts'
import { COMMENT_LIMIT, headline, planMarkdown } from '../../report/plan/markdown.ts'
import { neutralJson } from '../../runtime/neutralise.ts'
import { streamOf } from '../../runtime/stream-of.ts'
import type { Report, World } from '../command.ts'

export interface RenderOptions {
  /** Path of a plan document: the output of `tofu show -json PLAN`. */
  readonly render: string
  readonly format: 'markdown' | 'json'
  /** Shows values in Markdown; sensitive ones never. */
  readonly showValues?: boolean
}

/** Shows a plan document of anybody's: no cloud, no sluice.yml and no environment is needed. */
export async function renderPlan(
  world: World,
  { render, format, showValues = false }: RenderOptions,
): Promise<Report> {
  const { files, cwd } = world.runtime
  const path = resolve(cwd, render)
  if ((await files.stat(path))?.kind !== 'file') {
    throw usageError({
      what: `there is no file ${path}`,
      rule: '--render shows a plan document',
      remedy: 'write one: tofu show -json PLAN > FILE',
    })
  }
  const name = basename(path)
  const values = showValues ? (await import('./values.ts')).openValues(world) : undefined
  const shown = values === undefined ? {} : { values }
  const stack = await readPlan(streamOf(files, path), { stack: name, source: path, ...shown })
  const { counts, changes, drift, outputs, checks, fingerprint } = stack
  const plan = { environment: name, counts, stacks: [stack], fingerprint }
  const data = { counts, changes, drift, outputs, checks, fingerprint }
  return {
    command: 'plan',
    outcome: 'done',
    message: headline(plan),
    outputs: { changes: String(changes.length + outputs.length > 0), fingerprint, 'comment-url': '' },
    summary: '',
    ...(format === 'json'
      ? { data, document: `${neutralJson(data)}\n` }
      : { data: { counts, fingerprint }, document: planMarkdown(plan, { limit: COMMENT_LIMIT, ...shown }) }),
  }
}
