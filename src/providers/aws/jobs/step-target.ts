import { isDeepStrictEqual } from 'node:util'
import { usageError } from '../../../domain/error.ts'
import type { Target, Targets } from '../../../domain/stacks/targets.ts'
import type { Step } from '../../../domain/system/step.ts'
import type { System } from '../../../domain/system/system.ts'

/** A step as targets.json has it. */
export interface StepTarget {
  /** `pipeline.step`. */
  readonly key: string
  readonly target: Target
}

/**
 * What stands for a step: a job says only the step, whose name may be in several pipelines.
 *
 * @throws SluiceError usage where nothing is applied for it
 */
export function stepTarget(
  { pipelines, environment }: Pick<System, 'pipelines' | 'environment'>,
  { jobs }: Pick<Targets, 'jobs'>,
  step: Step,
): StepTarget {
  const own = jobs[step.name]
  // The task that makes databases is no step; its key has no dot, so it is none's.
  if (own !== undefined) return { key: step.name, target: own }
  const named = Object.values(pipelines).filter(({ steps }) => steps[step.name] !== undefined)
  const [pipeline, ...others] =
    named.length > 1 ? named.filter(({ steps }) => isDeepStrictEqual(steps[step.name], step)) : named
  if (pipeline === undefined || others.length > 0) {
    throw usageError({
      what: `step ${step.name} is in ${named.map(({ name }) => name).join(' and ') || 'no pipeline'}`,
      rule: 'a job is a step of one pipeline',
      remedy: 'give steps of different pipelines different names',
    })
  }
  const key = `${pipeline.name}.${step.name}`
  const target = jobs[key]
  if (target !== undefined) return { key, target }
  throw usageError({
    what: `step ${key} is not applied in environment ${environment.name}`,
    rule: 'a step runs as the stacks of its environment made it',
    remedy: `run "sluice plan --env ${environment.name}" and "sluice apply --env ${environment.name}" first`,
  })
}
