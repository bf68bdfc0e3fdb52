/** How texts in sluice.yml name other parts of it. Names may hold dots, so known names decide where a text is split. */
import type { Location } from '../domain/system/step.ts'
import type { StepRef } from '../domain/system/system.ts'

interface Pipelines {
  readonly [pipeline: string]:
    | {
        readonly steps?:
          | { readonly [step: string]: { readonly outputs?: object | undefined } | undefined }
          | undefined
      }
    | undefined
}

/** `./file`, or `bucket/key` and `bucket/prefix/`; the pattern of the schema holds. */
export function parseLocation(text: string): Location {
  if (text.startsWith('./')) return { kind: 'file', path: text.slice(2) }
  const slash = text.indexOf('/')
  return { kind: 'bucket', bucket: text.slice(0, slash), path: text.slice(slash + 1) }
}

/**
 * Every step that `text` can mean: `pipeline.step`, or a step alone. A step of the pipeline that has the model's name
 * comes before equally named steps of others.
 */
export function findSteps(pipelines: Pipelines, text: string, model: string): readonly StepRef[] {
  const all = Object.entries(pipelines).flatMap(([pipeline, { steps = {} } = {}]) =>
    Object.keys(steps).map((step) => ({ pipeline, step })),
  )
  const whole = all.filter(({ pipeline, step }) => `${pipeline}.${step}` === text)
  if (whole.length > 0) return whole
  const alone = all.filter(({ step }) => step === text)
  const own = alone.filter(({ pipeline }) => pipeline === model)
  return own.length > 0 ? own : alone
}

/** Every step output that `text` can mean: `pipeline.step.output` or `step.output` of the evaluation's pipeline. */
export function findOutputs(
  pipelines: Pipelines,
  text: string | undefined,
  evaluation: StepRef,
): readonly (StepRef & { readonly output: string })[] {
  const all = Object.entries(pipelines).flatMap(([pipeline, { steps = {} } = {}]) =>
    Object.entries(steps).flatMap(([step, definition]) =>
      Object.keys(definition?.outputs ?? {}).map((output) => ({ pipeline, step, output })),
    ),
  )
  const near = all.filter(({ pipeline }) => pipeline === evaluation.pipeline)
  if (text === undefined) return near.filter(({ output }) => output === 'model')
  const whole = all.filter(({ pipeline, step, output }) => `${pipeline}.${step}.${output}` === text)
  return whole.length > 0 ? whole : near.filter(({ step, output }) => `${step}.${output}` === text)
}
