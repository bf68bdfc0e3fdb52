import * as z from 'zod'
import type { GitHubRest } from './rest.ts'
import { type Account, accountSchema } from './viewer.ts'

/** A run of a workflow, as it is at this moment. */
export interface WorkflowRun {
  readonly id: number
  readonly attempt: number
  readonly finished: boolean
  readonly headSha: string
  /** Id of the repository whose commit it runs: of a fork, the fork's. */
  readonly headRepository: number | undefined
  /** Id of the repository it runs in. */
  readonly repository: number
  /** File of the workflow, with what it was taken from: `.github/workflows/preview.yml`. */
  readonly path: string
  readonly event: string
  readonly conclusion: string | undefined
}

export interface EnvironmentReview {
  readonly environments: readonly string[]
  readonly state: 'approved' | 'rejected' | 'pending'
  readonly by: Account
}

export interface Artifact {
  readonly id: number
  readonly name: string
  readonly size: number
  /** `sha256:...`; undefined where the artifact is older than that. */
  readonly digest: string | undefined
  readonly expired: boolean
  readonly run: number | undefined
}

export interface Runs {
  get(id: number): Promise<WorkflowRun>
  /** Those whose newest commit this was, of all workflows. */
  ofCommit(sha: string): Promise<readonly WorkflowRun[]>
  /** Who let the run's jobs into their environments. */
  approvals(id: number): Promise<readonly EnvironmentReview[]>
  artifacts(id: number): Promise<readonly Artifact[]>
  /** The archive of an artifact, a zip of at most `limit` bytes. */
  archive(artifact: number, limit: number): Promise<Uint8Array>
}

const runSchema = z.looseObject({
  id: z.number().int(),
  run_attempt: z.number().int().default(1),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  head_sha: z.string(),
  path: z.string(),
  event: z.string(),
  repository: z.looseObject({ id: z.number().int() }),
  head_repository: z.looseObject({ id: z.number().int() }).nullish(),
})
const runsSchema = z.looseObject({ workflow_runs: z.array(runSchema) })
const reviewSchema = z.looseObject({
  environments: z.array(z.looseObject({ name: z.string() })),
  state: z.enum(['approved', 'rejected', 'pending']),
  user: accountSchema,
})
const artifactsSchema = z.looseObject({
  total_count: z.number().int(),
  artifacts: z.array(
    z.looseObject({
      id: z.number().int(),
      name: z.string(),
      size_in_bytes: z.number().int(),
      digest: z.string().nullish(),
      expired: z.boolean(),
      workflow_run: z.looseObject({ id: z.number().int() }).nullish(),
    }),
  ),
})

const runOf = (run: z.infer<typeof runSchema>): WorkflowRun => ({
  id: run.id,
  attempt: run.run_attempt,
  finished: run.status === 'completed',
  headSha: run.head_sha,
  headRepository: run.head_repository?.id,
  repository: run.repository.id,
  path: run.path.replace(/@.*$/, ''),
  event: run.event,
  conclusion: run.conclusion ?? undefined,
})

/** https://docs.github.com/rest/actions/workflow-runs and https://docs.github.com/rest/actions/artifacts */
export function runsOf(rest: GitHubRest): Runs {
  return {
    get: async (id) => runOf(await rest.get(`/actions/runs/${id}`, runSchema)),
    ofCommit: async (sha) => {
      const found: WorkflowRun[] = []
      for await (const page of rest.pages(`/actions/runs?head_sha=${sha}`, runsSchema)) {
        found.push(...page.workflow_runs.map(runOf))
      }
      return found
    },
    approvals: async (id) => {
      const reviews = await rest.get(`/actions/runs/${id}/approvals`, z.array(reviewSchema))
      return reviews.map(({ environments, state, user }) => ({
        environments: environments.map(({ name }) => name),
        state,
        by: user,
      }))
    },
    artifacts: async (id) => {
      const found: Artifact[] = []
      for await (const page of rest.pages(`/actions/runs/${id}/artifacts`, artifactsSchema)) {
        for (const { name, size_in_bytes, digest, expired, workflow_run, ...one } of page.artifacts) {
          found.push({
            id: one.id,
            name,
            size: size_in_bytes,
            digest: digest ?? undefined,
            expired,
            run: workflow_run?.id,
          })
        }
      }
      return found
    },
    archive: (artifact, limit) => rest.file(`/actions/artifacts/${artifact}/zip`, limit),
  }
}
