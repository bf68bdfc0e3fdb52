import type { Digest } from '../../domain/digest.ts'
import { externalError } from '../../domain/error.ts'
import type { Named } from '../../domain/named.ts'
import { decideAll, decideStep, type StepDecision } from '../../domain/pipeline/decide.ts'
import { type StepParts, stepParts } from '../../domain/pipeline/fingerprint.ts'
import type { Location, Step } from '../../domain/system/step.ts'
import type { Site } from './site.ts'

/** What `train` would do, as a value; `--dry-run` shows it. */
export interface TrainPlan {
  readonly pipeline: string
  readonly steps: Readonly<Record<string, StepDecision>>
}

export async function planTraining(site: Site): Promise<TrainPlan> {
  const { pipeline, forced } = site.assignment
  const decide = async (name: string): Promise<StepDecision> => {
    const step = pipeline.steps[name]
    return step === undefined
      ? { kind: 'skip', reason: 'it is no step' }
      : (await examine(site, step)).decision
  }
  return { pipeline: pipeline.name, steps: await decideAll(pipeline.steps, forced, decide) }
}

/** Looks at the inputs, outputs and record of a step. */
export async function examine(
  site: Site,
  step: Step,
): Promise<{ readonly parts: StepParts; readonly decision: StepDecision }> {
  const { assignment, places, records } = site
  const image = assignment.images[step.name]
  if (image === undefined) throw externalError('user', { what: `step ${step.name} has no image` })
  const inputs: Record<string, Digest> = {}
  for (const [name, digest] of Object.entries(await lookAll(site, step.inputs))) {
    if (digest !== undefined) inputs[name] = digest
    else if (!mayBeEmpty(step.inputs[name])) throw missingInput(site, step, name)
  }
  const parts = stepParts({
    step,
    image,
    parameters: assignment.parameters,
    seed: assignment.seed,
    inputs,
    outputs: urisOf(site, step.outputs),
    ...(evaluates(site, step) ? { champion: site.champion?.digest ?? null } : {}),
  })
  const forced = assignment.forced.get(step.name)
  if (forced !== undefined) return { parts, decision: { kind: 'run', reason: forced } }
  const [record, outputs] = [await records.read(step.name), await lookAll({ places }, step.outputs)]
  return { parts, decision: decideStep({ parts, record, outputs }) }
}

/** The step that scores the models. */
export function evaluates({ assignment: { model } }: Pick<Site, 'assignment'>, step: Step): boolean {
  return model?.evaluation.step === step.name
}

export function urisOf({ places }: Pick<Site, 'places'>, locations: Named<Location>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(locations).map(([name, location]) => [name, places.uriOf(location)]),
  )
}

export async function lookAll(
  { places }: Pick<Site, 'places'>,
  locations: Named<Location>,
): Promise<Record<string, Digest | undefined>> {
  const looks = Object.entries(locations).map(
    async ([name, location]) => [name, await places.look(location)] as const,
  )
  return Object.fromEntries(await Promise.all(looks))
}

/** A prefix that fills up over the runs of a pipeline is empty at first. */
function mayBeEmpty(location: Location | undefined): boolean {
  return location?.kind === 'bucket' && location.path.endsWith('/')
}

function missingInput({ places }: Site, step: Step, name: string): Error {
  const location = step.inputs[name]
  const uri = location === undefined ? name : places.uriOf(location)
  return externalError('user', {
    what: `input ${name} of step ${step.name} is missing: nothing lies at ${uri}`,
    remedy: 'put it there, or let a step that this one needs write it',
  })
}
