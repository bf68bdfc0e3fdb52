import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { withLock } from '../file-lock.ts'
import { readJson, replaceFile } from '../json-file.ts'
import { pathOfKey, toBytes } from '../objects/key-path.ts'

const tagsSchema = z.record(z.string(), z.string())
const storedVersionSchema = z.looseObject({
  /** From 1, without gaps but for deleted ones. */
  version: z.number().int().positive(),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
  updatedAt: z.number(),
  source: z.string(),
  runId: z.string(),
  description: z.string(),
  tags: tagsSchema,
})
export type StoredVersion = z.infer<typeof storedVersionSchema>

const storedModelSchema = z.looseObject({
  schema: z.literal('sluice.model/v1'),
  name: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  description: z.string(),
  tags: tagsSchema,
  aliases: z.record(z.string(), z.number().int().positive()),
  versions: z.array(storedVersionSchema),
})
/** One registered model with all its versions and aliases: one file, so that every change of it is atomic. */
export type StoredModel = z.infer<typeof storedModelSchema>

export function newModel(name: string, at: number): StoredModel {
  return {
    schema: 'sluice.model/v1',
    name,
    createdAt: at,
    updatedAt: at,
    description: '',
    tags: {},
    aliases: {},
    versions: [],
  }
}

export async function readModel(folder: string, name: string): Promise<StoredModel | undefined> {
  return await readJson(modelPath(folder, name), storedModelSchema)
}

/** Reads, decides and writes while no other process does. A decision without `model` changes nothing. */
export async function changeModel<T>(
  folder: string,
  name: string,
  decide: (model: StoredModel | undefined) => { readonly model?: StoredModel; readonly result: T },
): Promise<T> {
  const path = modelPath(folder, name)
  return await withLock(`${path}.lock`, async () => {
    const { model, result } = decide(await readJson(path, storedModelSchema))
    if (model !== undefined) await replaceFile(path, JSON.stringify(model, null, 1))
    return result
  })
}

export async function allModels(folder: string): Promise<readonly StoredModel[]> {
  const root = join(folder, 'registry')
  const names = await readdir(root, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const models: StoredModel[] = []
  for (const name of names.filter((path) => path.endsWith('.json'))) {
    const model = await readJson(join(root, name), storedModelSchema)
    if (model !== undefined) models.push(model)
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The name without a version added to it: how a new version joins its model. */
export function withVersion(
  model: StoredModel,
  made: Pick<StoredVersion, 'source' | 'runId' | 'description' | 'tags'>,
  at: number,
): { readonly model: StoredModel; readonly version: StoredVersion } {
  const last = Math.max(0, ...model.versions.map((version) => version.version))
  const version = { ...made, version: last + 1, createdAt: at, updatedAt: at }
  return { version, model: { ...model, updatedAt: at, versions: [...model.versions, version] } }
}

function modelPath(folder: string, name: string): string {
  const path = pathOfKey(toBytes(name))
  return `${join(folder, 'registry', ...path)}.json`
}
