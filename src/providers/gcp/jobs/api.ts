import * as z from 'zod'
import type { GcpClient } from '../client.ts'
import { type Operation, operationSchema } from '../services/api.ts'
import { type Execution, executionSchema, type Task, taskSchema } from './execution.ts'

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs */
export const jobSchema = z.looseObject({
  name: z.string(),
  etag: z.string().default(''),
  template: z.record(z.string(), z.unknown()).default({}),
})
export type RunJob = z.infer<typeof jobSchema>

const executionsSchema = z.looseObject({
  executions: z.array(executionSchema).default([]),
  nextPageToken: z.string().optional(),
})
const tasksSchema = z.looseObject({ tasks: z.array(taskSchema).default([]) })

/** What a run sets beside the job: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run#overrides */
export interface Overrides {
  readonly containerOverrides: readonly {
    readonly name?: string
    readonly env: readonly { readonly name: string; readonly value: string }[]
  }[]
  /** `600s`. */
  readonly timeout: string
}

export interface JobsApi {
  find(job: string): Promise<RunJob | undefined>
  /** Over exactly what was read. */
  patch(before: RunJob, template: Readonly<Record<string, unknown>>): Promise<Operation>
  run(job: string, etag: string, overrides: Overrides): Promise<Operation>
  /** Newest first. */
  executions(job: string): AsyncIterable<Execution>
  execution(name: string): Promise<Execution | undefined>
  task(execution: string): Promise<Task | undefined>
  cancel(execution: string): Promise<Operation>
}

export function jobsApi(client: GcpClient): JobsApi {
  return {
    find: (job) => client.find({ service: 'run', path: `/v2/${job}` }, jobSchema),
    patch: ({ name, etag }, template) =>
      client.json(
        { service: 'run', method: 'PATCH', path: `/v2/${name}`, body: { name, etag, template } },
        operationSchema,
      ),
    run: (job, etag, overrides) =>
      client.json(
        { service: 'run', method: 'POST', path: `/v2/${job}:run`, body: { etag, overrides } },
        operationSchema,
      ),
    async *executions(job) {
      let pageToken: string | undefined
      do {
        const query = pageToken === undefined ? '' : `?pageToken=${encodeURIComponent(pageToken)}`
        const path = `/v2/${job}/executions${query}`
        const page = await client.json({ service: 'run', path }, executionsSchema)
        yield* page.executions
        pageToken = page.nextPageToken
      } while (pageToken !== undefined && pageToken !== '')
    },
    execution: (name) => client.find({ service: 'run', path: `/v2/${name}` }, executionSchema),
    task: async (execution) => {
      const { tasks } = await client.json({ service: 'run', path: `/v2/${execution}/tasks` }, tasksSchema)
      return tasks[0]
    },
    cancel: (execution) =>
      client.json(
        { service: 'run', method: 'POST', path: `/v2/${execution}:cancel`, body: {}, repeatable: true },
        operationSchema,
      ),
  }
}
