import { publishedTargets } from '../../domain/stacks/published-targets.ts'
import type { Targets } from '../../domain/stacks/targets.ts'
import type { Cloud } from '../../domain/system/system.ts'
import type { OpenEnvironment } from '../environment.ts'

/** The clouds whose provider looks for targets.json beside the ledger. */
const PUBLISHING: readonly Cloud[] = ['aws', 'gcp']

/**
 * Puts targets.json where every machine finds it that may read the ledger.
 *
 * @throws SluiceError of the object store: the next rollout elsewhere would go by what was there before.
 */
export async function publish(environment: OpenEnvironment, targets: Targets): Promise<void> {
  if (!PUBLISHING.includes(environment.system.environment.cloud)) return
  const { objects } = await environment.provider()
  const text = `${JSON.stringify(targets, undefined, 2)}\n`
  await objects.write(publishedTargets(targets.ledger), Buffer.from(text))
}
