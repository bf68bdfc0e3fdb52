import type { Problem } from '../../domain/error.ts'
import { show } from '../document.ts'
import { findOutputs, findSteps } from '../refer.ts'
import type { Config } from '../schema/config.ts'
import type { Partly } from '../shape.ts'
import { complain, complainOfKey, declared, pairs, type Rule, reference, type Subject } from './subject.ts'

type Model = Partly<Config['models'][string]>
type Gate = NonNullable<Model['gate']>

export const checkModels: Rule = (subject) =>
  pairs(subject.value.models).flatMap(([name, model]) => [
    ...registry(subject, name, model),
    ...evaluation(subject, name, model),
    ...gate(subject, name, model.gate ?? {}),
  ])

function registry(subject: Subject, name: string, { registry }: Model): Problem[] {
  const path = ['models', name, 'registry']
  if (registry === undefined) return []
  if (!registry.includes('://'))
    return reference(subject, path, registry, declared(subject, 'services'), 'services')
  const url = URL.canParse(registry) ? new URL(registry) : undefined
  const rule = 'a service, or an http or https URL without credentials'
  // What stands before the @ may be a password: it is not repeated.
  if (url !== undefined && (url.username !== '' || url.password !== ''))
    return [complain(subject, path, 'found a URL with credentials', rule)]
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  return isWeb ? [] : [complain(subject, path, `found ${show(registry)}`, rule)]
}

function evaluation(subject: Subject, name: string, model: Model): Problem[] {
  const pipelines = subject.value.pipelines ?? {}
  if (model.evaluation === undefined || declared(subject, 'pipelines') === undefined) return []
  const path = ['models', name, 'evaluation']
  const [step, ...others] = findSteps(pipelines, model.evaluation, name)
  if (step === undefined) {
    const known = pairs(pipelines).flatMap(([pipeline, { steps }]) =>
      Object.keys(steps ?? {}).map((inner) => (pipeline === name ? inner : `${pipeline}.${inner}`)),
    )
    return reference(subject, path, model.evaluation, known, 'steps')
  }
  if (others.length > 0) {
    return [
      complain(
        subject,
        path,
        `found ${show(model.evaluation)}, which is in ${[step, ...others].map((ref) => ref.pipeline).join(' and ')}`,
        'one step, as pipeline.step',
      ),
    ]
  }
  const written = pipelines[step.pipeline]?.steps?.[step.step]?.outputs ?? {}
  const isBroken = subject.removed.some((gone) => gone[0] === 'pipelines' && gone[1] === step.pipeline)
  if (isBroken) return []
  const place = Object.hasOwn(written, 'evaluation') ? written['evaluation'] : undefined
  return [
    ...(place?.endsWith('/')
      ? []
      : [
          complain(
            subject,
            path,
            `the step ${step.step} has no output evaluation: bucket/prefix/`,
            'evaluation.json and its rows are written there',
          ),
        ]),
    ...artifact(subject, name, model, step),
  ]
}

function artifact(
  subject: Subject,
  name: string,
  model: Model,
  step: { pipeline: string; step: string },
): Problem[] {
  const pipelines = subject.value.pipelines ?? {}
  const [found, ...others] = findOutputs(pipelines, model.artifact, step)
  if (found !== undefined && others.length === 0) return []
  const path = ['models', name, 'artifact']
  if (model.artifact === undefined) {
    const what =
      found === undefined
        ? `no step of ${step.pipeline} has an output named model`
        : `outputs named model are in ${[found, ...others].map((ref) => ref.step).join(' and ')}`
    return [complain(subject, path.slice(0, 2), what, 'artifact: step.output says which output is the model')]
  }
  const known = pairs(pipelines[step.pipeline]?.steps).flatMap(([inner, { outputs }]) =>
    Object.keys(outputs ?? {}).map((output) => `${inner}.${output}`),
  )
  return reference(subject, path, model.artifact, known, 'outputs')
}

/** What schema and gate leave to each other: a margin is needed by `noninferior` and only there. */
function gate(subject: Subject, name: string, policy: Gate): Problem[] {
  const path = ['models', name, 'gate']
  const comparisons = [
    { path: [...path, 'primary'], value: policy.primary ?? {} },
    ...(policy.guards ?? []).map((value, index) => ({ path: [...path, 'guards', index], value })),
  ]
  return [
    ...comparisons.flatMap(({ path, value }) => {
      const isBroken = subject.removed.some((gone) => path.every((part, index) => gone[index] === part))
      if (isBroken) return []
      if (value.rule === 'noninferior' && value.margin === undefined)
        return [
          complain(
            subject,
            [...path, 'rule'],
            'found noninferior without a margin',
            'margin says how much worse is tolerated',
          ),
        ]
      if (value.rule === 'superior' && value.margin !== undefined)
        return [
          complainOfKey(
            subject,
            [...path, 'margin'],
            'found beside superior',
            'margin belongs to noninferior',
          ),
        ]
      return []
    }),
    ...pairs(policy.floors).flatMap(([metric, floor]) => {
      const ceiling = Object.hasOwn(policy.ceilings ?? {}, metric) ? policy.ceilings?.[metric] : undefined
      return ceiling !== undefined && ceiling < floor
        ? [
            complain(
              subject,
              [...path, 'ceilings', metric],
              `found ${ceiling}, below the floor ${floor}`,
              'a floor is at most the ceiling',
            ),
          ]
        : []
    }),
    ...(policy.slices ?? []).flatMap((slice, index, all) =>
      all.indexOf(slice) === index
        ? []
        : [
            complain(
              subject,
              [...path, 'slices', index],
              `found ${show(slice)} a second time`,
              'a column is sliced once',
            ),
          ],
    ),
  ]
}
