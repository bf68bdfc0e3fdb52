import { type Digest, type ImageReference, parseImageReference } from '../../domain/digest.ts'
import type { ModelVersion, ServedModel } from '../../domain/models/model.ts'
import type { Release } from '../../domain/releases/release.ts'
import type { ModelRegistry } from '../../providers/ports/models.ts'
import { registryToCome } from '../../release/first-wave.ts'
import { chooseModel, type ModelChoice, unjudged } from '../../release/model-choice.ts'
import type { Site } from './site.ts'
import type { Wanted } from './survey.ts'
import type { Judged } from './wanted.ts'

interface Served {
  readonly live: Release | undefined
  readonly before: Release | undefined
  readonly unfinished: boolean
  /** Service -> image of the new release. */
  readonly images: Readonly<Record<string, ImageReference>>
}

/** Which version of each model that a service loads. Reads the registry; moves no alias. */
export async function chooseModels(
  { system, provider: { models } }: Pick<Site, 'system' | 'provider'>,
  wanted: Wanted,
  served: Served,
): Promise<Readonly<Record<string, ModelChoice>>> {
  const choices: Record<string, ModelChoice> = {}
  for (const name of new Set(Object.values(system.services).map((service) => service.model))) {
    const policy = name === undefined ? undefined : system.models[name]?.gate
    if (name === undefined || policy === undefined) continue
    const judged = wanted.judged.findLast(({ verdict }) => verdict.model.name === name)
    if (judged === undefined && wanted.forced === undefined && registryToCome(system, name, served.live)) {
      choices[name] = unjudged(name)
      continue
    }
    const champion = await models.get(name, { alias: 'champion' })
    const fixed = servedBy(wanted.models, name)
    if (fixed !== undefined) {
      const from = champion?.version ?? null
      const to = fixed.model.version
      choices[name] = { kind: 'serve', ...fixed, champion: from === to ? undefined : { from, to } }
      continue
    }
    const live = servedBy(served.live, name)
    const from = servedBy(served.before, name)?.model.digest ?? null
    choices[name] = chooseModel({
      name,
      policy,
      judged,
      live: live === undefined || !served.unfinished ? live : { ...live, unfinishedFrom: from },
      champion,
      challenger: await models.get(name, { alias: 'challenger' }),
      candidate: judged === undefined ? undefined : await candidateOf(models, judged),
      images: digestsByRepository(wanted, served),
      keep: wanted.keepModels,
      forced: wanted.forced !== undefined,
    })
  }
  return choices
}

function servedBy(
  release: Release | undefined,
  name: string,
): { readonly model: ServedModel; readonly verdict: Digest | undefined } | undefined {
  const services = Object.values(release?.services ?? {})
  const model = services.map((service) => service.model).find((one) => one?.name === name)
  if (model === undefined) return undefined
  return { model, verdict: release?.verdicts.find((verdict) => verdict.model === name)?.digest }
}

/** The judged version by its number, or by its digest where the evidence has no number. */
async function candidateOf(models: ModelRegistry, { verdict }: Judged): Promise<ModelVersion | undefined> {
  const { name, version, digest } = verdict.model
  if (version !== null) return models.get(name, { version })
  return (await models.list(name)).findLast((one) => one.digest === digest)
}

function digestsByRepository(wanted: Wanted, served: Served): Readonly<Record<string, Digest>> {
  const built = Object.values(wanted.built ?? {}).map((record) => record.reference)
  const digests: Record<string, Digest> = {}
  for (const reference of [...built, ...Object.values(served.images)]) {
    const image = parseImageReference(reference)
    if (image !== undefined) digests[image.repository] = image.digest
  }
  return digests
}
