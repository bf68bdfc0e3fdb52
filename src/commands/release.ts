import { given } from '../domain/given.ts'
import { message } from '../runtime/events.ts'
import type { Command, Report, World } from './command.ts'
import { openEnvironment } from './environment.ts'
import { readFinding } from './release/finding.ts'
import { type Part, reportOf } from './release/parts.ts'
import { registryFirst } from './release/registry-first.ts'
import { type Judged, readVerdicts } from './rollout/wanted.ts'
import type { RolloutOptions } from './rollout.ts'

export interface ReleaseOptions
  extends Pick<RolloutOptions, 'forceReason' | 'allowOlder' | 'keepModels' | 'waitLock'> {
  /** Run every training step, changed or not. */
  readonly train?: boolean
  /** Given to every pipeline that is trained. */
  readonly parameters?: Readonly<Record<string, string>>
}

const ROLLOUT = 'rollout'

/** The verbs that a release is made of. */
export interface Verbs {
  readonly build: (world: World) => Promise<Report>
  readonly train: (
    world: World,
    options: {
      readonly pipeline: string
      readonly force: boolean
      readonly parameters: Readonly<Record<string, string>>
    },
  ) => Promise<Report>
  readonly evaluate: (world: World, options: { readonly model: string }) => Promise<Report>
  readonly rollout: (world: World, options: RolloutOptions) => Promise<Report>
}

/**
 * build, then train and evaluate every model that a service loads, then rollout: one environment, one report. In an environment
 * whose registry of models is a service that never ran, a first rollout starts it.
 */
export function releaseOf(verbs: Verbs): Command<ReleaseOptions> {
  return async (world, options) => {
    const parts: Part[] = []
    const run = async (name: string, work: Promise<Report>): Promise<boolean> => {
      const report = await work
      parts.push({ name, report })
      const done = report.outcome === 'done'
      // The end of the last part is the end of the release, which the door tells.
      if (done && name !== ROLLOUT) world.runtime.log.emit(message('info', report.message))
      return done
    }
    if (!(await run('build', verbs.build(world)))) return reportOf(parts)
    const { forceReason, allowOlder, keepModels, waitLock } = options
    const moving = given({ allowOlder, keepModels, waitLock })
    const judged: Judged[] = []
    const trained = options.keepModels === true ? [] : await trainedModels(world)
    const models = trained.map(({ model }) => model)
    // What no verdict guards goes first where the registry of the models is among it.
    if (!world.request.dryRun && (await registryFirst(world, models))) {
      if (!(await run('first rollout', verbs.rollout(world, { judged, ...moving })))) return reportOf(parts)
    }
    for (const { model, pipeline } of trained) {
      const { train: force = false, parameters = {} } = options
      const training = verbs.train(world, { pipeline, force, parameters })
      if (!(await run(`train ${model}`, training))) return reportOf(parts)
      // What was not trained yet cannot be judged.
      if (world.request.dryRun) continue
      const { state, toJudge } = await readFinding(world, model)
      if (!toJudge) continue
      const passed = await run(`evaluate ${model}`, verbs.evaluate(world, { model }))
      if (!passed && options.forceReason === undefined) return reportOf(parts)
      judged.push(...(await readVerdicts(world.runtime.files, state)))
    }
    await run(ROLLOUT, verbs.rollout(world, { judged, ...moving, ...given({ forceReason }) }))
    return reportOf(parts)
  }
}

export const release: Command<ReleaseOptions> = releaseOf({
  build: async (world) => (await import('./build.ts')).build(world, { images: [] }),
  train: async (world, options) => (await import('./train.ts')).train(world, options),
  evaluate: async (world, options) =>
    (await import('./evaluate.ts')).evaluate(world, { ...options, explain: false }),
  rollout: async (world, options) => (await import('./rollout.ts')).rollout(world, options),
})

/** The models that services load, each with the pipeline that makes it. */
async function trainedModels(world: World): Promise<readonly { model: string; pipeline: string }[]> {
  const environment = await openEnvironment(world)
  try {
    const { services, models } = environment.system
    const used = new Set(Object.values(services).map((service) => service.model))
    return Object.values(models)
      .filter(({ name }) => used.has(name))
      .map(({ name, artifact }) => ({ model: name, pipeline: artifact.pipeline }))
  } finally {
    await environment.close()
  }
}
