import type { Digest, ImageReference } from '../../domain/digest.ts'
import { parseImageReference } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { Evaluation } from '../../domain/models/evaluation.ts'
import type { ModelVersion } from '../../domain/models/model.ts'
import type { ImagesFile } from '../../domain/system/images.ts'
import type { GateContext } from '../../gate/context.ts'
import type { ModelRegistry } from '../../providers/ports/models.ts'

export interface RegistryFacts {
  readonly facts: NonNullable<GateContext['facts']>
  /** The version that is judged, where the registry has it. */
  readonly judged: ModelVersion | undefined
}

/**
 * What the registry says of the two models now.
 *
 * @throws SluiceError stale (R43) where the champion of the evidence is not the champion of the registry: a moved or deleted
 * champion voids the verdict before it is reached.
 */
export async function registryFacts(
  models: ModelRegistry,
  evidence: Evaluation,
  images: ImagesFile['images'] | undefined,
): Promise<RegistryFacts> {
  const { name, version, digest } = evidence.model
  const champion = await models.get(name, { alias: 'champion' })
  refuseMoved(evidence, champion)
  const judged =
    version === undefined
      ? (await models.list(name)).findLast((candidate) => candidate.digest === digest)
      : await models.get(name, { version })
  const image = imageOf(evidence, images)
  return {
    judged: judged?.digest === digest ? judged : undefined,
    facts: {
      model: judged?.digest ?? null,
      champion: champion?.digest ?? null,
      ...(image === undefined ? {} : { image }),
    },
  }
}

function refuseMoved({ model, champion: seen }: Evaluation, now: ModelVersion | undefined): void {
  const same =
    seen === null || now === undefined ? seen === null && now === undefined : seen.digest === now.digest
  const version = seen?.version === undefined || now === undefined || seen.version === now.version
  if (same && version) return
  const of = (who: { version?: string | undefined; digest: Digest } | null | undefined): string =>
    who === null || who === undefined ? 'nobody' : `version ${who.version ?? '?'} (${who.digest})`
  throw new SluiceError('stale', 'user', {
    what: `the champion of model ${model.name} is ${of(now)}, the evidence compares with ${of(seen)}`,
    rule: 'a moved champion voids the verdict',
    remedy: 'run the evaluation step again (sluice train), against the champion of now',
  })
}

/** The image of the last build with the repository that the evidence names. */
function imageOf(evidence: Evaluation, images: ImagesFile['images'] | undefined): ImageReference | undefined {
  const repository =
    evidence.image === undefined ? undefined : parseImageReference(evidence.image)?.repository
  return Object.values(images ?? {}).find(
    ({ reference }) => repository !== undefined && parseImageReference(reference)?.repository === repository,
  )?.reference
}
