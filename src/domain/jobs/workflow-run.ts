import * as z from 'zod'

/** The run of a workflow that started something. */
export const workflowRunSchema = z.object({
  /** `owner/name`. */
  repository: z.string(),
  id: z.int().positive(),
})
export type WorkflowRunId = z.infer<typeof workflowRunSchema>

/**
 * The run that this process belongs to; undefined outside of one.
 * https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
export function ownWorkflowRun(env: Readonly<Record<string, string | undefined>>): WorkflowRunId | undefined {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env
  const parsed = workflowRunSchema.safeParse({ repository, id: Number(id) })
  return parsed.success && repository !== '' ? parsed.data : undefined
}
