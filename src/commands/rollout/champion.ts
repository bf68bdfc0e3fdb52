import { SluiceError } from '../../domain/error.ts'
import type { ModelRegistry } from '../../providers/ports/models.ts'
import type { AliasMove } from '../../release/plan.ts'

/**
 * Moves `champion` from what the gate saw to what is live (promise R43).
 *
 * @throws SluiceError stale where somebody else moved it meanwhile; then it stays where they put it.
 */
export async function moveChampion(models: ModelRegistry, { model, from, to }: AliasMove): Promise<void> {
  if ((await models.setAlias(model, 'champion', to, from)) === 'moved') return
  const now = await models.get(model, { alias: 'champion' })
  // The swap was ours and its answer was lost.
  if (now?.version === to) return
  throw new SluiceError('stale', 'user', {
    what: `the champion of model ${model} is version ${now?.version ?? 'none'} now, the gate compared with ${from === null ? 'none' : `version ${from}`}`,
    rule: 'a moved champion voids the verdict',
    remedy: 'run evaluate again, against the champion of now',
  })
}

/** Back to what the gate saw; whatever somebody else has set stays. */
export async function restoreChampion(models: ModelRegistry, { model, from, to }: AliasMove): Promise<void> {
  await models.setAlias(model, 'champion', from, to)
}

/**
 * A promotion that takes the place of the gate stays visible on the version: who, why, and in which release. It is written
 * before the alias moves, so that a kill between the two loses nothing; the ledger says how the release ended.
 */
export async function recordForced(
  models: ModelRegistry,
  { model, to }: AliasMove,
  { by, reason }: { readonly by: string; readonly reason: string },
  release: string,
): Promise<void> {
  await models.annotate(model, to, {
    tags: { 'sluice.forced.by': by, 'sluice.forced.reason': reason, 'sluice.forced.release': release },
  })
}
