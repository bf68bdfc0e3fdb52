import * as z from 'zod'
import { isDigest } from '../domain/digest.ts'
import { externalError, usageError } from '../domain/error.ts'
import type { Alias, ModelVersion } from '../domain/models/model.ts'
import type { ModelRegistry } from '../providers/ports/models.ts'
import { keepFiles, RECORD_TAG } from './record.ts'
import { type MlflowAddress, MlflowError, type MlflowMachine, MlflowRest } from './rest.ts'

/** The tag that carries the digest of the artifact: MLflow has no field for it. */
export const DIGEST_TAG = 'sluice.digest'

const PAGE = '200'

const versionSchema = z.looseObject({
  name: z.string(),
  version: z.coerce.string(),
  source: z.string().default(''),
  creation_timestamp: z.coerce.number(),
  tags: z.array(z.looseObject({ key: z.string(), value: z.string().default('') })).default([]),
})
type WireVersion = z.infer<typeof versionSchema>

const nothing = z.unknown()
const oneVersion = z.looseObject({ model_version: versionSchema })
const versionPage = z.looseObject({
  model_versions: z.array(versionSchema).default([]),
  next_page_token: z.string().optional(),
})

/**
 * The model registry of an MLflow server, over its REST API (2.9 or newer; aliases came with 2.3).
 *
 * MLflow has no compare-and-swap. `setAlias` reads, compares, writes and reads again: two writers that meet between the
 * two reads are both told the truth about what stands there afterwards, and at most one of them is told `moved`
 * (promise R43: "otherwise verified after write").
 */
export function openMlflow(address: MlflowAddress, machine: MlflowMachine): ModelRegistry {
  const rest = new MlflowRest(address, machine)

  const byAlias = async (name: string, alias: Alias): Promise<WireVersion | undefined> => {
    const found = await absentIs(rest.get('registered-models/alias', { name, alias }, oneVersion), undefined)
    return found?.model_version
  }

  const byVersion = async (name: string, version: string): Promise<WireVersion | undefined> => {
    const found = await absentIs(rest.get('model-versions/get', { name, version }, oneVersion), undefined)
    return found?.model_version
  }

  return {
    async register(model) {
      checkName(model.name)
      await existsIs(rest.send('POST', 'registered-models/create', { name: model.name }, nothing), undefined)
      const tags = { ...model.tags, [DIGEST_TAG]: model.digest }
      // A lost answer leaves a version nobody knows of: harmless, where a repeated call would make two.
      const { model_version } = await rest.send(
        'POST',
        'model-versions/create',
        { name: model.name, source: model.source, tags: wireTags(tags) },
        oneVersion,
        { repeatable: false },
      )
      // The answer to a creation may come without the tags.
      return fromWire({ ...model_version, tags: wireTags(tags) })
    },

    async get(name, which) {
      checkName(name)
      const found = 'alias' in which ? await byAlias(name, which.alias) : await byVersion(name, which.version)
      return found === undefined ? undefined : fromWire(found)
    },

    async setAlias(name, alias, version, expected) {
      checkName(name)
      const now = (await byAlias(name, alias))?.version ?? null
      if (now !== expected) return 'conflict'
      if (version === now) return 'moved'
      if (version === null) await rest.send('DELETE', 'registered-models/alias', { name, alias }, nothing)
      else {
        if ((await byVersion(name, version)) === undefined) throw unknownVersion(name, version)
        await rest.send('POST', 'registered-models/alias', { name, alias, version }, nothing)
      }
      const after = (await byAlias(name, alias))?.version ?? null
      return after === version ? 'moved' : 'conflict'
    },

    async annotate(name, version, { tags, files = {} }) {
      checkName(name)
      const there = await byVersion(name, version)
      if (there === undefined) throw unknownVersion(name, version)
      const known = there.tags.find(({ key }) => key === RECORD_TAG)?.value
      const title = `${name} ${version}`
      const kept = await keepFiles(rest, { title, known, now: machine.clock.now() }, files)
      for (const [key, value] of Object.entries({ ...tags, ...kept.tags })) {
        await rest.send('POST', 'model-versions/set-tag', { name, version, key, value }, nothing)
      }
      return kept.left
    },

    async list(name) {
      checkName(name)
      const versions: WireVersion[] = []
      let token: string | undefined
      do {
        const query = {
          filter: `name='${name}'`,
          max_results: PAGE,
          ...(token === undefined ? {} : { page_token: token }),
        }
        const page = await rest.get('model-versions/search', query, versionPage)
        versions.push(...page.model_versions)
        token = page.next_page_token === '' ? undefined : page.next_page_token
      } while (token !== undefined)
      return versions
        .filter((one) => one.name === name)
        .sort((a, b) => Number(a.version) - Number(b.version))
        .map(fromWire)
    },
  }
}

/** A quote would end the filter of a search; a slash or colon MLflow refuses itself. */
function checkName(name: string): void {
  if (!/['"`\\/:\0]/.test(name) && name !== '') return
  throw usageError({
    what: `"${name}" cannot be the name of a model`,
    rule: 'no quote, slash, colon or backslash',
  })
}

function fromWire(wire: WireVersion): ModelVersion {
  const all = Object.fromEntries(wire.tags.map(({ key, value }) => [key, value]))
  const { [DIGEST_TAG]: digest, ...tags } = all
  if (!isDigest(digest)) {
    throw externalError('user', {
      what: `version ${wire.version} of model ${wire.name} has ${digest === undefined ? 'no tag' : `"${digest}" as tag`} ${DIGEST_TAG}`,
      rule: 'a version that Sluice serves says which bytes it is',
      remedy: 'register it with "sluice train", or set the tag to sha256: and the digest of the artifact',
    })
  }
  return {
    name: wire.name,
    version: wire.version,
    digest,
    source: wire.source,
    createdAt: new Date(wire.creation_timestamp).toISOString(),
    tags,
  }
}

function wireTags(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

function unknownVersion(name: string, version: string): Error {
  return usageError({
    what: `model ${name} has no version ${version}`,
    remedy: 'see the versions in the registry',
  })
}

/** A missing alias is 400 INVALID_PARAMETER_VALUE on MLflow 3, and 404 on 2. */
async function absentIs<T>(work: Promise<T>, otherwise: undefined): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    const absent =
      error.errorCode === 'RESOURCE_DOES_NOT_EXIST' ||
      (error.errorCode === 'INVALID_PARAMETER_VALUE' && /alias|not found/i.test(error.message))
    if (absent) return otherwise
    throw error
  }
}

async function existsIs<T>(work: Promise<T>, otherwise: undefined): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof MlflowError && error.errorCode === 'RESOURCE_ALREADY_EXISTS') return otherwise
    throw error
  }
}
