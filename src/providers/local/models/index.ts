import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Digest, isDigest } from '../../../domain/digest.ts'
import { usageError } from '../../../domain/error.ts'
import type { ModelVersion } from '../../../domain/models/model.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { ModelRegistry } from '../../ports/models.ts'
import {
  changeModel,
  newModel,
  readModel,
  type StoredModel,
  type StoredVersion,
  withVersion,
} from './model-file.ts'
import { modelNameProblem } from './name.ts'
import { putArtifact } from './rest/artifacts.ts'

export interface ModelsOptions {
  /** Absolute path of models/. */
  readonly folder: string
  readonly runtime: Pick<Runtime, 'clock'>
}

/** As the MLflow client keeps it, so that both see the same versions. */
export const DIGEST_TAG = 'sluice.digest'

/**
 * The registry port on plain files: no server, any number of processes. Aliases move by compare-and-swap that is atomic
 * between all of them. The REST server of rest/ is another view of the same files.
 */
export function openModels({ folder, runtime: { clock } }: ModelsOptions): ModelRegistry {
  return {
    async register({ name, digest, source, tags }) {
      const problem = modelNameProblem(name)
      if (problem !== undefined) throw usageError({ what: problem })
      const made = { source, runId: '', description: '', tags: { ...tags, [DIGEST_TAG]: digest } }
      return await changeModel(folder, name, (there) => {
        const { model, version } = withVersion(there ?? newModel(name, clock.now()), made, clock.now())
        return { model, result: view(name, version) }
      })
    },
    async get(name, which) {
      const model = await readModel(folder, name)
      const number = 'alias' in which ? model?.aliases[which.alias] : Number(which.version)
      const version = model?.versions.find((other) => other.version === number)
      return version === undefined ? undefined : view(name, version)
    },
    async setAlias(name, alias, version, expected) {
      return await changeModel(folder, name, (model) => {
        const current = model?.aliases[alias]
        if ((current === undefined ? null : `${current}`) !== expected) return { result: 'conflict' }
        if (version === null) {
          if (model === undefined) return { result: 'moved' }
          const { [alias]: _, ...aliases } = model.aliases
          return { model: { ...model, aliases, updatedAt: clock.now() }, result: 'moved' }
        }
        const { number, found } = requireVersion(model, name, version)
        const aliases = { ...found.aliases, [alias]: number }
        return { model: { ...found, aliases, updatedAt: clock.now() }, result: 'moved' }
      })
    },
    async annotate(name, version, { tags, files = {} }) {
      requireVersion(await readModel(folder, name), name, version)
      const kept: Record<string, string> = {}
      for (const [file, text] of Object.entries(files)) {
        const path = `sluice/${name}/${version}/${file}`
        await putArtifact(join(folder, 'artifacts'), path, Readable.from([text]))
        kept[`sluice.file.${file}`] = `mlflow-artifacts:/${path}`
      }
      await changeModel(folder, name, (model) => {
        const { number, found } = requireVersion(model, name, version)
        const versions = found.versions.map((other) =>
          other.version === number
            ? { ...other, tags: { ...other.tags, ...tags, ...kept }, updatedAt: clock.now() }
            : other,
        )
        return { model: { ...found, versions }, result: undefined }
      })
      return []
    },
    async list(name) {
      const versions = (await readModel(folder, name))?.versions ?? []
      return versions
        .filter((version) => digestIn(version) !== undefined)
        .map((version) => view(name, version))
    },
  }
}

function requireVersion(
  model: StoredModel | undefined,
  name: string,
  version: string,
): { readonly number: number; readonly found: StoredModel } {
  const number = Number(version)
  if (model?.versions.some((other) => other.version === number)) return { number, found: model }
  const known = model?.versions.map((other) => other.version).join(', ') || 'none'
  throw usageError({
    what: `model ${name} has no version ${version}`,
    rule: `its versions are ${known}`,
  })
}

function view(name: string, version: StoredVersion): ModelVersion {
  const digest = digestIn(version)
  if (digest === undefined) {
    throw usageError({
      what: `version ${version.version} of model ${name} has no tag ${DIGEST_TAG} with a digest`,
      rule: 'Sluice deploys only versions that it registered, because their bytes are known',
      remedy: `register it with "sluice train", or set the tag ${DIGEST_TAG} to sha256:<digest of the artifact>`,
    })
  }
  const { [DIGEST_TAG]: _, 'sluice.registration': __, ...tags } = version.tags
  return {
    name,
    version: `${version.version}`,
    digest,
    source: version.source,
    createdAt: new Date(version.createdAt).toISOString(),
    tags,
  }
}

function digestIn(version: StoredVersion): Digest | undefined {
  const value = version.tags[DIGEST_TAG]
  return isDigest(value) ? value : undefined
}
