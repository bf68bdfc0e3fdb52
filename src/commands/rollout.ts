import type { Command } from './command.ts'
import { openEnvironment } from './environment.ts'
import { carry } from './rollout/carry.ts'
import { personOf } from './rollout/identity.ts'
import { openSite, steady } from './rollout/site.ts'
import {
  imagesOfServices,
  type Judged,
  parseImageOptions,
  readImages,
  readVerdicts,
} from './rollout/wanted.ts'
import { pinWorkers } from './rollout/workers.ts'

export interface RolloutOptions {
  /** `NAME=REPOSITORY@sha256:...`: only these images move, everything else stays as it is live. */
  readonly images?: readonly string[]
  /** A person takes the gate's place; written into the release. */
  readonly forceReason?: string
  readonly allowOlder?: boolean
  /** The served models stay, whatever a verdict says. */
  readonly keepModels?: boolean
  /** The gate's answers of this release; default: the one in verdict.json. */
  readonly judged?: readonly Judged[]
  /** Milliseconds to wait for a rollout of somebody else; default: not at all. */
  readonly waitLock?: number
}

/**
 * Moves an environment from the live release to the images of the last build and the models that the gate let through:
 * beside what serves, step by step, watched, and back if it fails.
 */
export const rollout: Command<RolloutOptions> = async (world, options) => {
  const environment = await openEnvironment(steady(world))
  try {
    const { system, state } = environment
    const { runtime, request } = world
    const moved = parseImageOptions(options.images ?? [], system)
    const built = await readImages(runtime.files, state)
    const judged = options.judged ?? (await readVerdicts(runtime.files, state))
    const site = await openSite(runtime, environment, world.deployments)
    const reason = options.forceReason
    const report = await carry(
      site,
      {
        images: (live) => imagesOfServices(site.system, built, moved, live),
        built,
        judged,
        // One image moves alone: a verdict that waits for the next release is not its business.
        keepModels: options.keepModels === true || Object.keys(moved).length > 0,
        forced: reason === undefined || reason === '' ? undefined : { by: personOf(runtime), reason },
        allowOlder: options.allowOlder === true,
      },
      { command: 'rollout', dryRun: request.dryRun, waitLock: options.waitLock ?? 0 },
    )
    if (report.outcome === 'done' && !request.dryRun && Object.keys(moved).length === 0) {
      await pinWorkers(site, built)
    }
    return report
  } finally {
    await environment.close()
  }
}
