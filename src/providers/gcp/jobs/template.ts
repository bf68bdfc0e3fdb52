import type { JobSpec } from '../../ports/jobs.ts'
import type { Overrides } from './api.ts'

/** Annotation of an execution: the id of the job that it is. */
export const JOB = 'sluice-job'

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
