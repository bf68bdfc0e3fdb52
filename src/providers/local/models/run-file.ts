import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { withLock } from '../file-lock.ts'
import { readJson, replaceFile } from '../json-file.ts'

const tagsSchema = z.record(z.string(), z.string())

const experimentSchema = z.looseObject({
  schema: z.literal('sluice.experiment/v1'),
  id: z.string().regex(/^\d+$/),
  name: z.string(),
  createdAt: z.number(),
  tags: tagsSchema,
})
export type Experiment = z.infer<typeof experimentSchema>

const metricSchema = z.object({
  key: z.string(),
  /** JSON cannot say NaN and Infinity; MLflow's own JSON writes them as these words. */
  value: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]),
  timestamp: z.number(),
  step: z.number(),
})
export type Metric = z.infer<typeof metricSchema>

const runSchema = z.looseObject({
  schema: z.literal('sluice.run/v1'),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  experiment: z.string(),
  name: z.string(),
  user: z.string(),
  status: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  params: tagsSchema,
  tags: tagsSchema,
  /** In the order in which they were logged. */
  metrics: z.array(metricSchema),
})
export type Run = z.infer<typeof runSchema>

/** Ids come from requests: what does not look like one names no file. */
export async function readExperiment(folder: string, id: string): Promise<Experiment | undefined> {
  return /^\d{1,15}$/.test(id) ? await readJson(experimentPath(folder, id), experimentSchema) : undefined
}

export async function readRun(folder: string, id: string): Promise<Run | undefined> {
  return /^[0-9a-f]{32}$/.test(id) ? await readJson(runPath(folder, id), runSchema) : undefined
}

export async function allExperiments(folder: string): Promise<readonly Experiment[]> {
  const found = await readAll(join(folder, 'experiments'), experimentSchema)
  return found.sort((a, b) => Number(b.id) - Number(a.id))
}

export async function allRuns(folder: string): Promise<Run[]> {
  return await readAll(join(folder, 'runs'), runSchema)
}

/** `make` sees all experiments and may refuse; the new one gets the next number. Experiment 0 is MLflow's `Default`. */
export async function addExperiment(
  folder: string,
  make: (all: readonly Experiment[]) => Omit<Experiment, 'id' | 'schema'>,
): Promise<Experiment> {
  return await withLock(join(folder, 'experiments.lock'), async () => {
    const all = await allExperiments(folder)
    const id = `${Math.max(0, ...all.map((one) => Number(one.id) + 1))}`
    const made = { ...make(all), schema: 'sluice.experiment/v1', id } as Experiment
    await replaceFile(experimentPath(folder, id), JSON.stringify(made))
    return made
  })
}

export async function addRun(folder: string, run: Run): Promise<void> {
  await replaceFile(runPath(folder, run.id), JSON.stringify(run))
}

export async function changeRun(
  folder: string,
  id: string,
  change: (run: Run) => Run,
): Promise<Run | undefined> {
  if ((await readRun(folder, id)) === undefined) return undefined
  return await withLock(`${runPath(folder, id)}.lock`, async () => {
    const run = await readRun(folder, id)
    if (run === undefined) return undefined
    const changed = change(run)
    await replaceFile(runPath(folder, id), JSON.stringify(changed))
    return changed
  })
}

async function readAll<T>(folder: string, schema: z.ZodType<T>): Promise<T[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const all: T[] = []
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const one = await readJson(join(folder, name), schema)
    if (one !== undefined) all.push(one)
  }
  return all
}

function experimentPath(folder: string, id: string): string {
  return join(folder, 'experiments', `${id}.json`)
}

function runPath(folder: string, id: string): string {
  return join(folder, 'runs', `${id}.json`)
}
