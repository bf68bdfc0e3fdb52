import * as z from 'zod'
import {
  allModels,
  changeModel,
  newModel,
  readModel,
  type StoredModel,
  type StoredVersion,
  withVersion,
} from '../model-file.ts'
import { aliasProblem, modelNameProblem } from '../name.ts'
import { invalid, MlflowProblem, missing } from './error.ts'
import { meets, parseFilter } from './filter.ts'
import { type Handler, handler, integer, pageOf, tagList, tagRecord, tagsSchema } from './parameters.ts'

const name = z.string()
const version = integer
const page = { max_results: integer.min(1).max(10_000).default(100), page_token: z.string().optional() }

/** Registered models, their versions and aliases: `api/2.0/mlflow/...` (MLflow REST API). */
export const registryHandlers: Readonly<Record<string, Handler>> = {
  'POST registered-models/create': handler(
    z.object({ name, tags: tagsSchema, description: z.string().default('') }),
    async (input, { folder, now }) => {
      const problem = modelNameProblem(input.name)
      if (problem !== undefined) throw invalid(problem)
      return await changeModel(folder, input.name, (there) => {
        if (there !== undefined) {
          throw new MlflowProblem(
            'RESOURCE_ALREADY_EXISTS',
            `Registered Model (name=${input.name}) already exists.`,
          )
        }
        const tags = tagRecord(input.tags)
        const model = { ...newModel(input.name, now()), tags, description: input.description }
        return { model, result: { registered_model: modelView(model) } }
      })
    },
  ),

  'GET registered-models/get': handler(z.object({ name }), async (input, { folder }) => ({
    registered_model: modelView(await requireModel(folder, input.name)),
  })),

  'GET registered-models/search': handler(
    z.object({ filter: z.string().default(''), ...page }),
    async (input, { folder }) => {
      const filters = parseFilter(input.filter)
      const found = (await allModels(folder)).filter((model) =>
        filters.every((filter) =>
          meets(
            filter.kind === 'tag'
              ? tagOf(model.tags, filter.key)
              : filter.key === 'name'
                ? model.name
                : undefined,
            filter,
          ),
        ),
      )
      const part = pageOf(found, input.max_results, input.page_token)
      return { registered_models: part.page.map(modelView), ...part.next }
    },
  ),

  'POST registered-models/set-tag': handler(
    z.object({ name, key: z.string().min(1), value: z.string() }),
    async (input, { folder }) =>
      await changeModel(folder, input.name, (model) => {
        if (model === undefined) throw missingModel(input.name)
        return { model: { ...model, tags: { ...model.tags, [input.key]: input.value } }, result: {} }
      }),
  ),

  'POST registered-models/alias': handler(
    z.object({ name, alias: z.string(), version }),
    async (input, { folder, now }) => {
      const problem = aliasProblem(input.alias)
      if (problem !== undefined) throw invalid(problem)
      return await changeModel(folder, input.name, (there) => {
        const { model } = requireVersion(there, input.name, input.version)
        const aliases = { ...model.aliases, [input.alias]: input.version }
        return { model: { ...model, aliases, updatedAt: now() }, result: {} }
      })
    },
  ),

  'GET registered-models/alias': handler(z.object({ name, alias: z.string() }), async (input, { folder }) => {
    const model = await requireModel(folder, input.name)
    const number = Object.hasOwn(model.aliases, input.alias) ? model.aliases[input.alias] : undefined
    const found = model.versions.find((one) => one.version === number)
    // MLflow 3 calls this an invalid parameter, not a missing resource.
    if (found === undefined) throw invalid(`Registered model alias ${input.alias} not found.`)
    return { model_version: versionView(model, found) }
  }),

  'DELETE registered-models/alias': handler(
    z.object({ name, alias: z.string() }),
    async (input, { folder, now }) =>
      await changeModel(folder, input.name, (model) => {
        if (model === undefined) throw missingModel(input.name)
        const { [input.alias]: _, ...aliases } = model.aliases
        return { model: { ...model, aliases, updatedAt: now() }, result: {} }
      }),
  ),

  'POST model-versions/create': handler(
    z.object({
      name,
      source: z.string().min(1),
      run_id: z.string().default(''),
      tags: tagsSchema,
      description: z.string().default(''),
    }),
    async (input, { folder, now }) => {
      checkSource(input.source)
      return await changeModel(folder, input.name, (there) => {
        if (there === undefined) throw missingModel(input.name)
        const { source, run_id: runId, description } = input
        const made = withVersion(there, { source, runId, description, tags: tagRecord(input.tags) }, now())
        return { model: made.model, result: { model_version: versionView(made.model, made.version) } }
      })
    },
  ),

  'GET model-versions/get': handler(z.object({ name, version }), async (input, { folder }) => {
    const { model, found } = requireVersion(await readModel(folder, input.name), input.name, input.version)
    return { model_version: versionView(model, found) }
  }),

  'GET model-versions/get-download-uri': handler(z.object({ name, version }), async (input, { folder }) => {
    const { found } = requireVersion(await readModel(folder, input.name), input.name, input.version)
    return { artifact_uri: found.source }
  }),

  'POST model-versions/set-tag': handler(
    z.object({ name, version, key: z.string().min(1), value: z.string() }),
    async (input, { folder, now }) =>
      await changeModel(folder, input.name, (there) => {
        const { model, found } = requireVersion(there, input.name, input.version)
        const tagged = { ...found, tags: { ...found.tags, [input.key]: input.value }, updatedAt: now() }
        const versions = model.versions.map((one) => (one === found ? tagged : one))
        return { model: { ...model, versions }, result: {} }
      }),
  ),

  'GET model-versions/search': handler(
    z.object({ filter: z.string().default(''), ...page }),
    async (input, { folder }) => {
      const filters = parseFilter(input.filter)
      const all = (await allModels(folder)).flatMap((model) => model.versions.map((one) => ({ model, one })))
      const attribute = (model: StoredModel, one: StoredVersion, key: string): string | number | undefined =>
        ({ name: model.name, run_id: one.runId, source_path: one.source, version_number: one.version })[key]
      const found = all.filter(({ model, one }) =>
        filters.every((filter) =>
          meets(
            filter.kind === 'tag' ? tagOf(one.tags, filter.key) : attribute(model, one, filter.key),
            filter,
          ),
        ),
      )
      found.sort((a, b) => b.one.updatedAt - a.one.updatedAt || b.one.version - a.one.version)
      const part = pageOf(found, input.max_results, input.page_token)
      return { model_versions: part.page.map(({ model, one }) => versionView(model, one)), ...part.next }
    },
  ),
}

/** MLflow's clients ask for models that are no prompts; none here is one. */
function tagOf(tags: Readonly<Record<string, string>>, key: string): string | undefined {
  return tags[key] ?? (key === 'mlflow.prompt.is_prompt' ? 'false' : undefined)
}

/** As MLflow: a local path could make another user's client read any file; a `..` could leave a bucket's prefix. */
function checkSource(source: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase()
  const local = scheme === undefined || scheme === 'file'
  if (local || source.split(/[/\\]/).some((part) => part === '..')) {
    throw invalid(`Invalid model version source: '${source}'.`)
  }
}

async function requireModel(folder: string, modelName: string): Promise<StoredModel> {
  const model = await readModel(folder, modelName)
  if (model === undefined) throw missingModel(modelName)
  return model
}

function requireVersion(
  model: StoredModel | undefined,
  modelName: string,
  number: number,
): { readonly model: StoredModel; readonly found: StoredVersion } {
  const found = model?.versions.find((one) => one.version === number)
  if (model === undefined || found === undefined) {
    throw missing(`Model Version (name=${modelName}, version=${number})`)
  }
  return { model, found }
}

function missingModel(modelName: string): MlflowProblem {
  return missing(`Registered Model with name=${modelName}`)
}

function modelView(model: StoredModel): object {
  const latest = model.versions.at(-1)
  return {
    name: model.name,
    creation_timestamp: model.createdAt,
    last_updated_timestamp: model.updatedAt,
    description: model.description,
    latest_versions: latest === undefined ? [] : [versionView(model, latest)],
    tags: tagList(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, number]) => ({ alias, version: `${number}` })),
  }
}

function versionView(model: StoredModel, one: StoredVersion): object {
  return {
    name: model.name,
    version: `${one.version}`,
    creation_timestamp: one.createdAt,
    last_updated_timestamp: one.updatedAt,
    current_stage: 'None',
    description: one.description,
    source: one.source,
    run_id: one.runId,
    status: 'READY',
    tags: tagList(one.tags),
    aliases: Object.entries(model.aliases)
      .filter(([, number]) => number === one.version)
      .map(([alias]) => alias),
  }
}
