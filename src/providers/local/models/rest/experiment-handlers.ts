import * as z from 'zod'
import { addExperiment, allExperiments, type Experiment, readExperiment } from '../run-file.ts'
import { invalid, MlflowProblem, missing } from './error.ts'
import { meets, parseFilter } from './filter.ts'
import { type Handler, handler, integer, pageOf, tagList, tagRecord, tagsSchema } from './parameters.ts'

const DEFAULT = 'Default'

const searchSchema = z.object({
  filter: z.string().default(''),
  max_results: integer.min(1).max(50_000).default(1000),
  page_token: z.string().optional(),
})

const search: Handler = handler(searchSchema, async (input, { folder, now }) => {
  await ensureDefault(folder, now())
  const filters = parseFilter(input.filter)
  const found = (await allExperiments(folder)).filter((one) =>
    filters.every((filter) =>
      meets(
        filter.kind === 'tag' ? one.tags[filter.key] : filter.key === 'name' ? one.name : undefined,
        filter,
      ),
    ),
  )
  const part = pageOf(found, input.max_results, input.page_token)
  return { experiments: part.page.map(experimentView), ...part.next }
})

export const experimentHandlers: Readonly<Record<string, Handler>> = {
  'POST experiments/create': handler(
    z.object({ name: z.string().max(500), tags: tagsSchema }),
    async (input, { folder, now }) => {
      if (input.name.trim() === '') throw invalid("Missing value for required parameter 'name'.")
      await ensureDefault(folder, now())
      const made = await addExperiment(folder, (all) => {
        if (all.some((one) => one.name === input.name)) {
          throw new MlflowProblem('RESOURCE_ALREADY_EXISTS', `Experiment '${input.name}' already exists.`)
        }
        return { name: input.name, createdAt: now(), tags: tagRecord(input.tags) }
      })
      return { experiment_id: made.id }
    },
  ),
  'GET experiments/get': handler(z.object({ experiment_id: z.string() }), async (input, { folder, now }) => {
    await ensureDefault(folder, now())
    return { experiment: experimentView(await requireExperiment(folder, input.experiment_id)) }
  }),
  'GET experiments/get-by-name': handler(
    z.object({ experiment_name: z.string() }),
    async (input, { folder, now }) => {
      await ensureDefault(folder, now())
      const found = (await allExperiments(folder)).find((one) => one.name === input.experiment_name)
      if (found === undefined)
        throw missing(`Could not find experiment with name '${input.experiment_name}':`)
      return { experiment: experimentView(found) }
    },
  ),
  'GET experiments/search': search,
  'POST experiments/search': search,
}

export async function requireExperiment(folder: string, id: string): Promise<Experiment> {
  const found = await readExperiment(folder, id)
  if (found === undefined) throw missing(`No Experiment with id=${id} exists:`)
  return found
}

/** Experiment 0 is always there: MLflow's clients log into it unless told otherwise. */
export async function ensureDefault(folder: string, at: number): Promise<void> {
  if ((await readExperiment(folder, '0')) !== undefined) return
  await addExperiment(folder, (all) => {
    if (all.some((one) => one.id === '0')) throw new AlreadyThere()
    return { name: DEFAULT, createdAt: at, tags: {} }
  }).catch((error: unknown) => {
    if (!(error instanceof AlreadyThere)) throw error
  })
}

class AlreadyThere extends Error {}

function experimentView(one: Experiment): object {
  return {
    experiment_id: one.id,
    name: one.name,
    artifact_location: `mlflow-artifacts:/${one.id}`,
    lifecycle_stage: 'active',
    creation_time: one.createdAt,
    last_update_time: one.createdAt,
    tags: tagList(one.tags),
  }
}
