import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import * as z from 'zod'
import { addRun, allRuns, changeRun, type Metric, type Run, readRun } from '../run-file.ts'
import { listArtifacts } from './artifacts.ts'
import { invalid, missing } from './error.ts'
import { ensureDefault, requireExperiment } from './experiment-handlers.ts'
import { type Comparison, meets, parseFilter } from './filter.ts'
import { type Handler, handler, integer, pageOf, tagList, tagRecord, tagsSchema } from './parameters.ts'

const run_id = z.string()
const statusSchema = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'])
const metricSchema = z.object({
  key: z.string().min(1).max(250),
  value: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']), z.coerce.number()]),
  timestamp: integer,
  step: integer.default(0),
})
const paramSchema = z.object({ key: z.string().min(1).max(250), value: z.string().max(6000).default('') })

/** Runs with their parameters, metrics and tags: `api/2.0/mlflow/runs/...` (MLflow REST API). */
export const runHandlers: Readonly<Record<string, Handler>> = {
  'POST runs/create': handler(
    z.object({
      experiment_id: z.coerce.string().default('0'),
      start_time: integer.optional(),
      user_id: z.string().default(''),
      run_name: z.string().default(''),
      tags: tagsSchema,
    }),
    async (input, { folder, now }) => {
      await ensureDefault(folder, now())
      const experiment = (await requireExperiment(folder, input.experiment_id)).id
      const tags = tagRecord(input.tags)
      const id = randomUUID().replaceAll('-', '')
      const name = input.run_name || tags['mlflow.runName'] || `run-${id.slice(0, 8)}`
      const run: Run = {
        schema: 'sluice.run/v1',
        id,
        experiment,
        name,
        user: input.user_id,
        status: 'RUNNING',
        startedAt: input.start_time ?? now(),
        endedAt: null,
        params: {},
        tags: { ...tags, 'mlflow.runName': name },
        metrics: [],
      }
      await addRun(folder, run)
      return { run: runView(run) }
    },
  ),
  'POST runs/update': handler(
    z.object({
      run_id,
      status: statusSchema.optional(),
      end_time: integer.optional(),
      run_name: z.string().optional(),
    }),
    async (input, { folder }) => {
      const changed = await change(folder, input.run_id, (run) => ({
        ...run,
        status: input.status ?? run.status,
        endedAt: input.end_time ?? run.endedAt,
        name: input.run_name ?? run.name,
        tags: input.run_name === undefined ? run.tags : { ...run.tags, 'mlflow.runName': input.run_name },
      }))
      return { run_info: infoView(changed) }
    },
  ),
  'GET runs/get': handler(z.object({ run_id }), async (input, { folder }) => {
    const run = await readRun(folder, input.run_id)
    if (run === undefined) throw missingRun(input.run_id)
    return { run: runView(run) }
  }),
  'POST runs/search': handler(
    z.object({
      experiment_ids: z.array(z.coerce.string()).default([]),
      filter: z.string().default(''),
      max_results: integer.min(1).max(50_000).default(1000),
      order_by: z.array(z.string()).default([]),
      page_token: z.string().optional(),
    }),
    async (input, { folder }) => {
      const filters = parseFilter(input.filter)
      const found = (await allRuns(folder))
        .filter((run) => input.experiment_ids.includes(run.experiment))
        .filter((run) => filters.every((filter) => meets(readField(run, filter), filter)))
        .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))
      for (const clause of [...input.order_by].reverse()) found.sort(orderBy(clause))
      const part = pageOf(found, input.max_results, input.page_token)
      return { runs: part.page.map(runView), ...part.next }
    },
  ),
  'POST runs/log-metric': handler(
    metricSchema.extend({ run_id }),
    async ({ run_id: id, ...metric }, { folder }) => {
      await change(folder, id, (run) => log(run, [metric], [], []))
      return {}
    },
  ),
  'POST runs/log-parameter': handler(
    paramSchema.extend({ run_id }),
    async ({ run_id: id, ...param }, { folder }) => {
      await change(folder, id, (run) => log(run, [], [param], []))
      return {}
    },
  ),
  'POST runs/set-tag': handler(
    z.object({ run_id, key: z.string().min(1).max(250), value: z.string().max(8000).default('') }),
    async ({ run_id: id, ...tag }, { folder }) => {
      await change(folder, id, (run) => log(run, [], [], [tag]))
      return {}
    },
  ),
  'POST runs/log-batch': handler(
    z.object({
      run_id,
      metrics: z.array(metricSchema).max(1000).default([]),
      params: z.array(paramSchema).max(100).default([]),
      tags: tagsSchema,
    }),
    async (input, { folder }) => {
      await change(folder, input.run_id, (run) => log(run, input.metrics, input.params, input.tags))
      return {}
    },
  ),
  'GET artifacts/list': handler(
    z.object({ run_id, path: z.string().default('') }),
    async (input, { folder }) => {
      const run = await readRun(folder, input.run_id)
      if (run === undefined) throw missingRun(input.run_id)
      const base = `${run.experiment}/${run.id}/artifacts`
      const below = input.path === '' ? base : `${base}/${input.path}`
      const files = await listArtifacts(join(folder, 'artifacts'), below)
      const inRun = files.map((file) => ({ ...file, path: join(input.path, file.path) }))
      return { root_uri: artifactUri(run), files: inRun }
    },
  ),
  // MLflow 3 keeps "logged models" beside runs and looks for them when it lists artifacts. There are none here: a model
  // is registered as a version, and creating a logged model is answered ENDPOINT_NOT_FOUND.
  'POST logged-models/search': async () => ({ models: [] }),
  'GET metrics/get-history': handler(
    z.object({ run_id, metric_key: z.string() }),
    async (input, { folder }) => {
      const run = await readRun(folder, input.run_id)
      if (run === undefined) throw missingRun(input.run_id)
      return { metrics: run.metrics.filter((metric) => metric.key === input.metric_key) }
    },
  ),
}

/** A parameter is written once; saying the same again is fine. */
function log(
  run: Run,
  metrics: readonly Metric[],
  params: readonly { readonly key: string; readonly value: string }[],
  tags: readonly { readonly key: string; readonly value: string }[],
): Run {
  for (const { key, value } of params) {
    const old = Object.hasOwn(run.params, key) ? run.params[key] : undefined
    if (old !== undefined && old !== value) {
      throw invalid(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${old}' for run ID='${run.id}'. Attempted logging new value '${value}'.`,
      )
    }
  }
  return {
    ...run,
    metrics: [...run.metrics, ...metrics],
    params: { ...run.params, ...tagRecord(params) },
    tags: { ...run.tags, ...tagRecord(tags) },
  }
}

async function change(folder: string, id: string, decide: (run: Run) => Run): Promise<Run> {
  const changed = await changeRun(folder, id, decide)
  if (changed === undefined) throw missingRun(id)
  return changed
}

function missingRun(id: string): Error {
  return missing(`Run with id=${id}`)
}

/** The newest of each metric: highest step, then latest time. */
function latest(metrics: readonly Metric[]): Metric[] {
  const newest = new Map<string, Metric>()
  for (const metric of metrics) {
    const old = newest.get(metric.key)
    const newer =
      old === undefined ||
      metric.step > old.step ||
      (metric.step === old.step && metric.timestamp >= old.timestamp)
    if (newer) newest.set(metric.key, metric)
  }
  return [...newest.values()]
}

function readField(run: Run, { kind, key }: Pick<Comparison, 'kind' | 'key'>): string | number | undefined {
  switch (kind) {
    case 'metric':
      return latest(run.metrics).find((metric) => metric.key === key)?.value
    case 'param':
      return run.params[key]
    case 'tag':
      return run.tags[key]
    case 'attribute': {
      const attributes: Record<string, string | number | undefined> = {
        run_id: run.id,
        run_name: run.name,
        status: run.status,
        start_time: run.startedAt,
        end_time: run.endedAt ?? undefined,
        user_id: run.user,
      }
      return attributes[key]
    }
    default:
      return kind satisfies never
  }
}

/** `metrics.f1 DESC`; runs without a value come last. */
function orderBy(clause: string): (a: Run, b: Run) => number {
  const whole = clause.trim()
  const [ending = '', direction] = /\s(ASC|DESC)$/i.exec(whole) ?? []
  const [field] = parseFilter(`${whole.slice(0, whole.length - ending.length)} = ''`)
  if (field === undefined) throw invalid(`Invalid order_by clause '${clause}'`)
  const sign = direction?.toUpperCase() === 'DESC' ? -1 : 1
  return (a, b) => {
    const [x, y] = [readField(a, field), readField(b, field)]
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined)
    return x < y ? -sign : x > y ? sign : 0
  }
}

function artifactUri(run: Run): string {
  return `mlflow-artifacts:/${run.experiment}/${run.id}/artifacts`
}

function infoView(run: Run): object {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: run.experiment,
    user_id: run.user,
    status: run.status,
    start_time: run.startedAt,
    ...(run.endedAt !== null && { end_time: run.endedAt }),
    artifact_uri: artifactUri(run),
    lifecycle_stage: 'active',
  }
}

function runView(run: Run): object {
  const data = { metrics: latest(run.metrics), params: tagList(run.params), tags: tagList(run.tags) }
  return { info: infoView(run), data, inputs: {} }
}
