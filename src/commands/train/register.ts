import type { Digest } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import type { ModelVersion } from '../../domain/models/model.ts'
import type { ModelRegistry } from '../../providers/ports/models.ts'

/** What is registered; the registry gives it its version and time. */
export type NewModel = {
  readonly name: string
  readonly digest: Digest
  readonly source: string
  readonly tags: Record<string, string>
}

/**
 * One version for each digest: a model that is registered already is found again (promise R28). The alias `challenger`
 * then points to it; `champion` is the rollout's to move.
 */
export async function registerModel(models: ModelRegistry, model: NewModel): Promise<ModelVersion> {
  const known = (await models.list(model.name)).find(({ digest }) => digest === model.digest)
  const version = known ?? (await models.register(model))
  const before = (await models.get(model.name, { alias: 'challenger' }))?.version ?? null
  if (before === version.version) return version
  const moved = await models.setAlias(model.name, 'challenger', version.version, before)
  if (moved === 'moved') return version
  throw new SluiceError('locked', 'user', {
    what: `the challenger of model ${model.name} was moved by somebody else at the same time`,
    remedy: 'run train again',
  })
}
