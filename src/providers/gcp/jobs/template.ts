import { canonicalJson } from '../../../domain/canonical.ts'
import { usageError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import type { Pipeline } from '../../../domain/step.ts'
import type { Target, Targets } from '../../../domain/targets.ts'
import type { JobSpec } from '../../ports/jobs.ts'
import type { Overrides } from './api.ts'

/** Annotation of an execution: the id of the job that it is. */
export const JOB = 'sluice-job'

export type JobTarget = Extract<Target, { kind: 'cloud-run-job' }>

/**
 * The target of a step. A step's name may stand in several pipelines; then it is the one whose definition is the same.
 *
 * @throws SluiceError usage where there is none, or where it runs on another engine.
 */
export function jobTarget(
  { jobs }: Pick<Targets, 'jobs'>,
  pipelines: Named<Pipeline>,
  { step }: JobSpec,
): JobTarget {
  const named = Object.keys(jobs).filter((key) => key.endsWith(`.${step.name}`))
  const same = named.filter((key) => {
    const own = pipelines[key.slice(0, -step.name.length - 1)]?.steps[step.name]
    return own !== undefined && canonicalJson(own) === canonicalJson(step)
  })
  const [key] = same.length > 0 ? same : named
  const target = key === undefined ? undefined : jobs[key]
  if (target?.kind === 'cloud-run-job') return target
  throw usageError({
    what:
      target === undefined
        ? `step ${step.name} has no job on Google Cloud`
        : `step ${step.name} runs on engine ${target.kind}`,
    rule: 'this version starts steps of engine cloud-run on Google Cloud',
    remedy:
      target === undefined
        ? 'run "sluice plan", then "sluice apply"'
        : `set the engine of step ${step.name} to cloud-run`,
  })
}

type Json = Readonly<Record<string, unknown>>

/** The template of targets.json with the digest of a run in place; its executions carry the id. */
export function runTemplate(template: Json, { id, image }: Pick<JobSpec, 'id' | 'image'>): Json {
  const task = (template['template'] ?? {}) as Json
  const [first, ...rest] = (Array.isArray(task['containers']) ? task['containers'] : []) as Json[]
  return {
    ...template,
    annotations: { ...(template['annotations'] as Json | undefined), [JOB]: id },
    // Attempts are counted by train, which says so of each.
    template: { ...task, maxRetries: 0, containers: [{ ...first, image }, ...rest] },
  }
}

/** What the caller sets wins over the step. Seconds of Cloud Run are whole: the engine keeps the rest. */
export function overridesOf({ step, env }: JobSpec, template: Json): Overrides {
  const task = (template['template'] ?? {}) as Json
  const [first] = (Array.isArray(task['containers']) ? task['containers'] : []) as { name?: string }[]
  const variables = Object.entries({ ...step.env, ...env })
  return {
    containerOverrides: [
      {
        ...(first?.name === undefined ? {} : { name: first.name }),
        env: variables.map(([name, value]) => ({ name, value })),
      },
    ],
    timeout: `${Math.max(1, Math.ceil(step.timeout / 1000))}s`,
  }
}
