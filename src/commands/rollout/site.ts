import { given } from '../../domain/given.ts'
import { withReleasedFunctions } from '../../domain/releases/released-functions.ts'
import { withReleasedWorkers } from '../../domain/releases/released-workers.ts'
import type { System } from '../../domain/system/system.ts'
import type { Deployments } from '../../github/deployments.ts'
import type { Provider } from '../../providers/provider.ts'
import { type Ledger, openLedger } from '../../release/ledger.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { World } from '../command.ts'
import type { OpenEnvironment } from '../environment.ts'
import { deploymentsOnGitHub } from './deployments.ts'
import { personOf } from './identity.ts'

/** The environment as a rollout sees it. */
export interface Site {
  readonly runtime: Runtime
  readonly system: System
  readonly root: string
  readonly state: string
  readonly provider: Provider
  readonly ledger: Ledger
  readonly by: string
  /** Absent outside of GitHub's workflows. */
  readonly deployments?: Deployments
}

/**
 * The same world with a cloud that a cancel does not cut off: what was begun is brought to an end on exactly one release,
 * and that takes requests after the cancel. Every wait in between heeds the cancel itself.
 */
export function steady(world: World): World {
  const runtime = { ...world.runtime, signals: { cancelled: new AbortController().signal } }
  return { ...world, runtime }
}

export async function openSite(
  runtime: Runtime,
  environment: OpenEnvironment,
  deployments: Deployments | undefined = deploymentsOnGitHub(runtime),
): Promise<Site> {
  const { root, state } = environment
  const system = withReleasedWorkers(withReleasedFunctions(environment.system))
  const provider = await environment.provider()
  const { ledger } = await provider.targets()
  return {
    runtime,
    system,
    root,
    state,
    provider,
    ledger: openLedger(provider.objects, ledger, runtime),
    by: personOf(runtime),
    ...given({ deployments }),
  }
}
