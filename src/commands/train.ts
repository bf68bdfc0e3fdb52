import { join } from 'node:path'
import { digestOfValue, shortDigest } from '../domain/digest.ts'
import { SluiceError, usageError } from '../domain/error.ts'
import type { ModelVersion } from '../domain/models/model.ts'
import { type ImagesFile, imagesFileSchema } from '../domain/system/images.ts'
import { message } from '../runtime/events.ts'
import type { Report, World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'
import { commitOf, UNVERSIONED } from './rollout/identity.ts'
import { type Assignment, assign, type TrainOptions } from './train/assignment.ts'
import { planTraining, type TrainPlan } from './train/decide.ts'
import { concludeModel, type TrainedModel } from './train/model.ts'
import { beginRun, type Run } from './train/open-run.ts'
import { openPlaces } from './train/places.ts'
import { openRecords } from './train/records.ts'
import { allResults, nothingToDo, runSteps, type StepResult } from './train/run-steps.ts'
import type { Site } from './train/site.ts'
import { trainSummary } from './train/summary.ts'

export type { TrainOptions } from './train/assignment.ts'

/** Runs the steps of a pipeline whose inputs changed, registers the model and completes its evidence. */
export async function train(world: World, options: TrainOptions): Promise<Report> {
  const environment = await openEnvironment(world)
  try {
    const images = await readImages(world, environment)
    const assignment = assign(environment.system, images, options)
    const site = await openSite(world, environment, assignment)
    const plan = await planTraining(site)
    if (world.request.dryRun) return planned(world, site, plan)
    return await carryOut(site, plan)
  } finally {
    await environment.close()
  }
}

async function carryOut(site: Site, plan: TrainPlan): Promise<Report> {
  const { assignment } = site
  const results = new Map<string, StepResult>()
  const idle = nothingToDo(plan.steps)
  const run = idle ? undefined : await begin(site)
  let trained: TrainedModel | undefined
  try {
    if (run !== undefined) await runSteps(site, plan, run, results)
    trained = assignment.model === undefined ? undefined : await concludeModel(site, assignment.model)
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    return failed(site, results, error)
  } finally {
    await run?.end()
  }
  const steps = allResults(site, results, 'nothing changed').map((result) =>
    result.state === 'not-reached' ? { ...result, state: 'skipped' as const } : result,
  )
  return {
    command: 'train',
    outcome: 'done',
    message: [stepsMessage(assignment, steps), modelMessage(trained?.version)].join(''),
    outputs:
      trained === undefined
        ? {}
        : {
            evaluation: trained.evaluation,
            'model-version': `${trained.version.name}@${trained.version.version}`,
          },
    data: { pipeline: plan.pipeline, ...(run === undefined ? {} : { run: run.id }), steps },
    summary: trainSummary({
      pipeline: plan.pipeline,
      graph: assignment.pipeline.steps,
      results: steps,
      model: trained?.version,
    }),
  }
}

/** A run without a model or with a failed step still has a graph to show. */
function failed(site: Site, results: ReadonlyMap<string, StepResult>, error: SluiceError): Report {
  const { pipeline } = site.assignment
  const steps = allResults(site, results, 'not reached')
  return {
    command: 'train',
    outcome: error.outcome,
    message: error.message,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    outputs: {},
    data: { pipeline: pipeline.name, steps },
    summary: trainSummary({
      pipeline: pipeline.name,
      graph: pipeline.steps,
      results: steps,
      model: undefined,
    }),
  }
}

async function begin(site: Site): Promise<Run> {
  const { runtime, provider, assignment, ledger } = site
  const { pipeline, parameters, seed, forced } = assignment
  const request = digestOfValue({ parameters, seed, forced: [...forced] })
  const run = await beginRun({ ...provider, ...runtime, ledger }, pipeline.name, request)
  if (run.resumed) runtime.log.emit(message('notice', `going on with run ${run.id}, which was not ended`))
  return run
}

function planned({ runtime }: World, site: Site, plan: TrainPlan): Report {
  const rows = Object.entries(plan.steps).map(([name, { kind, reason }]) => [name, kind, reason])
  runtime.log.emit({
    kind: 'table',
    title: `pipeline ${plan.pipeline}`,
    columns: ['step', 'decision', 'why'],
    rows,
  })
  const count = Object.values(plan.steps).filter(({ kind }) => kind !== 'skip').length
  return {
    command: 'train',
    outcome: 'done',
    message:
      count === 0
        ? `nothing to do: no step of ${plan.pipeline} changed`
        : `${count} of ${rows.length} steps may run`,
    outputs: {},
    data: { plan, parameters: site.assignment.parameters, seed: site.assignment.seed },
    summary: '',
  }
}

function stepsMessage({ pipeline }: Assignment, steps: readonly StepResult[]): string {
  const ran = steps.filter(({ state }) => state === 'ran').length
  if (ran === 0) return `nothing to do: no step of ${pipeline.name} changed`
  return `ran ${ran} of ${steps.length} steps of ${pipeline.name}`
}

function modelMessage(version: ModelVersion | undefined): string {
  if (version === undefined) return ''
  return `; model ${version.name} version ${version.version} (${shortDigest(version.digest)}) is the challenger`
}

async function openSite(
  { runtime }: World,
  { root, state, provider: open }: OpenEnvironment,
  assignment: Assignment,
): Promise<Site> {
  const provider = await open()
  const { buckets, ledger } = await provider.targets()
  const { model, pipeline } = assignment
  const code = await commitOf(runtime, root)
  return {
    runtime,
    provider,
    assignment,
    places: openPlaces(runtime.files, provider.objects, buckets, root),
    records: openRecords(provider.objects, ledger, pipeline.name),
    ledger,
    state,
    champion: model === undefined ? undefined : await provider.models.get(model.name, { alias: 'champion' }),
    code: code === UNVERSIONED ? undefined : code,
  }
}

async function readImages(
  { runtime }: World,
  { state, system }: OpenEnvironment,
): Promise<ImagesFile['images']> {
  const file = join(state, 'images.json')
  const bytes = await runtime.files.read(file)
  if (bytes === undefined) return {}
  try {
    return imagesFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).images
  } catch (cause) {
    throw usageError(
      { what: `${file} is damaged`, remedy: `run "sluice build --env ${system.environment.name}" again` },
      cause,
    )
  }
}
