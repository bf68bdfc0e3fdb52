import type { ImageReference } from '../../domain/digest.ts'
import { type Problem, usageError } from '../../domain/error.ts'
import { nearestName } from '../../domain/nearest.ts'
import { topologicalOrder, withDownstream } from '../../domain/pipeline/graph.ts'
import type { ImagesFile } from '../../domain/system/images.ts'
import type { Pipeline, Step } from '../../domain/system/step.ts'
import type { Model, System } from '../../domain/system/system.ts'

export interface TrainOptions {
  /** Needed where the system has several. */
  readonly pipeline?: string
  /** Runs this step and all that needs it, changed or not. */
  readonly from?: string
  /** Values for the pipeline's parameters, in place of those in sluice.yml. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Runs every step. */
  readonly force?: boolean
}

/** What is to be trained: everything that follows from sluice.yml, images.json and the options alone. */
export interface Assignment {
  readonly pipeline: Pipeline
  /** The steps, each after all that it needs. */
  readonly order: readonly Step[]
  /** Step -> image. */
  readonly images: Readonly<Record<string, ImageReference>>
  readonly parameters: Readonly<Record<string, string>>
  readonly seed: number
  /** Steps that run in any case, and why. */
  readonly forced: ReadonlyMap<string, string>
  /** The model that the pipeline makes; absent for one that only moves data. */
  readonly model?: Model
}

/** Without a parameter `seed`: fixed, so that training again gives the same model. */
const SEED = 1
const SEED_RULE = 'a seed is a whole number from 0 to 2147483647'

/** @throws SluiceError usage with every problem at once. */
export function assign(system: System, images: ImagesFile['images'], options: TrainOptions): Assignment {
  const pipeline = choosePipeline(system, options.pipeline)
  const problems: Problem[] = []
  const parameters = { ...pipeline.parameters, ...options.parameters }
  for (const name of Object.keys(options.parameters ?? {})) {
    // Every step has a seed (SLUICE_SEED), so it can be given without being declared.
    if (name !== 'seed' && !Object.hasOwn(pipeline.parameters, name)) {
      problems.push(
        unknown(`pipeline ${pipeline.name} has no parameter`, name, Object.keys(pipeline.parameters)),
      )
    }
  }
  if (options.from !== undefined && !Object.hasOwn(pipeline.steps, options.from)) {
    problems.push(unknown(`pipeline ${pipeline.name} has no step`, options.from, Object.keys(pipeline.steps)))
  }
  const seed = parseSeed(parameters['seed'])
  if (seed === undefined)
    problems.push({ what: `the parameter seed is "${parameters['seed']}"`, rule: SEED_RULE })
  const models = Object.values(system.models).filter((model) => model.evaluation.pipeline === pipeline.name)
  if (models.length > 1) {
    problems.push({
      what: `pipeline ${pipeline.name} evaluates ${models.map((model) => model.name).join(' and ')}`,
      rule: 'a pipeline makes one model, because evaluation.json speaks of one',
      remedy: 'give each model a pipeline of its own',
    })
  }
  const found = stepImages(pipeline, images, problems)
  const [first, ...others] = problems
  if (first !== undefined) throw usageError([first, ...others])
  const order = topologicalOrder(pipeline.steps).flatMap((name) => pipeline.steps[name] ?? [])
  const [model] = models
  return {
    pipeline,
    order,
    images: found,
    parameters,
    seed: seed ?? SEED,
    forced: forcedSteps(pipeline, options),
    ...(model === undefined ? {} : { model }),
  }
}

function choosePipeline(system: System, name: string | undefined): Pipeline {
  const names = Object.keys(system.pipelines)
  const [only, ...more] = Object.values(system.pipelines)
  if (name !== undefined) {
    const found = Object.hasOwn(system.pipelines, name) ? system.pipelines[name] : undefined
    if (found === undefined) throw usageError(unknown(`${system.name} has no pipeline`, name, names))
    return found
  }
  if (only === undefined) {
    throw usageError({
      what: `${system.name} has no pipeline`,
      remedy: 'describe one under "pipelines" in sluice.yml',
    })
  }
  if (more.length > 0) {
    throw usageError({
      what: `${system.name} has ${names.length} pipelines: ${names.join(', ')}`,
      remedy: 'say which: --pipeline NAME',
    })
  }
  return only
}

function stepImages(
  pipeline: Pipeline,
  images: ImagesFile['images'],
  problems: Problem[],
): Record<string, ImageReference> {
  const found: Record<string, ImageReference> = {}
  for (const step of Object.values(pipeline.steps)) {
    const image = Object.hasOwn(images, step.image) ? images[step.image] : undefined
    if (image !== undefined) found[step.name] = image.reference
    else {
      problems.push({
        what: `step ${step.name} needs image ${step.image}, which was not built`,
        remedy: 'run "sluice build" first',
      })
    }
  }
  return found
}

function forcedSteps(pipeline: Pipeline, { force, from }: TrainOptions): ReadonlyMap<string, string> {
  const names = Object.keys(pipeline.steps)
  if (force) return new Map(names.map((name) => [name, 'asked for with --force']))
  if (from === undefined || !names.includes(from)) return new Map()
  return new Map(
    [...withDownstream(pipeline.steps, from)].map((name) => [name, `asked for with --from ${from}`]),
  )
}

function parseSeed(text: string | undefined): number | undefined {
  if (text === undefined) return SEED
  const value = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Number.NaN
  return value < 2 ** 31 ? value : undefined
}

function unknown(what: string, name: string, known: readonly string[]): Problem {
  const near = nearestName(name, known)
  return {
    what: `${what} ${name}${near === undefined ? '' : `, did you mean ${near}?`}`,
    rule: known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`,
  }
}
