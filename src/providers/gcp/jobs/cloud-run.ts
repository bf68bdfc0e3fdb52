import * as z from 'zod'
import { externalError, SluiceError } from '../../../domain/error.ts'
import { RUN_GPU } from '../../../domain/machines/gcp-machines.ts'
import { type Rate, runRate } from '../../../domain/prices/rates.ts'
import type { Step } from '../../../domain/system/step.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { JobSpec } from '../../ports/jobs.ts'
import type { GcpClient } from '../client.ts'
import type { LogPlace } from '../logs.ts'
import { follow } from '../services/api.ts'
import { GcpError } from '../trouble.ts'
import { type JobsApi, jobsApi } from './api.ts'
import { type Execution, statusOf } from './execution.ts'
import type { Found, JobPlatform, JobTarget } from './platform.ts'
import type { JobRecord } from './record.ts'
import { JOB, overridesOf, runTemplate } from './template.ts'

const CONFLICTS = 10

/** Executions of jobs of Cloud Run. */
export class CloudRunPlatform implements JobPlatform<'cloud-run-job'> {
  readonly placing = 120_000
  readonly #runtime: Runtime
  readonly #client: GcpClient
  readonly #project: string
  readonly #api: JobsApi

  constructor(runtime: Runtime, client: GcpClient, project: string) {
    this.#runtime = runtime
    this.#client = client
    this.#project = project
    this.#api = jobsApi(client)
  }

  rate({ location, template }: JobTarget<'cloud-run-job'>, { size, gpu }: Step): Rate {
    const rate = runRate(location, size, gpu)
    return gpu === 0 || hasPricedGpu(template)
      ? rate
      : { hourly: undefined, of: `${rate.of}, of a kind of your own` }
  }

  placeOf({ project, location, name }: JobTarget<'cloud-run-job'>): string {
    return `projects/${project}/locations/${location}/jobs/${name}`
  }

  /** A template of somebody else's meanwhile is seen by its etag, and ours put there again. */
  async launch(job: string, { template }: JobTarget<'cloud-run-job'>, spec: JobSpec): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        const before = await this.#job(job)
        const wanted = runTemplate(template ?? before.template, spec)
        const patch = await this.#api.patch(before, wanted)
        const { cancelled: signal } = this.#runtime.signals
        await follow(this.#runtime, this.#client, { what: `preparing ${spec.id}`, started: patch, signal })
        const { etag } = await this.#job(job)
        const operation = await this.#api.run(job, etag, overridesOf(spec, wanted))
        const { metadata } = operation as { metadata?: { name?: unknown } }
        if (typeof metadata?.name === 'string') return metadata.name
        const found = await this.#byId(job, spec.id)
        if (found !== undefined) return found.name
        throw externalError('service', { what: `${spec.id} was started, and Cloud Run does not show it` })
      } catch (error) {
        const found = await this.#byId(job, spec.id)
        if (found !== undefined) return found.name
        if (!(error instanceof GcpError) || error.status !== 409 || attempt >= CONFLICTS) throw error
      }
    }
  }

  async find(record: JobRecord): Promise<Found | undefined> {
    const named = record.execution === null ? undefined : await this.#api.execution(record.execution)
    const execution = named ?? (await this.#byId(record.job, record.id))
    if (execution === undefined) return undefined
    const { name, createTime, completionTime, succeededCount } = execution
    const failed = completionTime !== undefined && succeededCount === 0
    return {
      name,
      createdAt: Date.parse(createTime),
      ended: completionTime !== undefined,
      status: async () => statusOf(record, execution, failed ? await this.#api.task(name) : undefined),
    }
  }

  async cancel(name: string): Promise<void> {
    await this.#api.cancel(name)
  }

  logsOf(execution: string): LogPlace {
    const name = execution.slice(execution.lastIndexOf('/') + 1)
    const label = `labels."run.googleapis.com/execution_name"="${name}"`
    return { project: this.#project, filter: `resource.type="cloud_run_job" AND ${label}` }
  }

  async #job(job: string) {
    const found = await this.#api.find(job)
    if (found !== undefined) return found
    throw new SluiceError('stale', 'user', {
      what: `there is no job ${job}`,
      remedy: 'run "sluice plan", then "sluice apply"',
    })
  }

  /** Of several by chance, the first one counts; the others are cancelled. */
  async #byId(job: string, id: string): Promise<Execution | undefined> {
    const found: Execution[] = []
    for await (const execution of this.#api.executions(job)) {
      if (execution.annotations[JOB] === id) found.push(execution)
    }
    const [first, ...others] = found.toSorted((a, b) => Date.parse(a.createTime) - Date.parse(b.createTime))
    for (const { name, completionTime } of others) {
      if (completionTime === undefined) await this.#api.cancel(name)
    }
    return first
  }
}

const gpuSchema = z.object({
  template: z.object({
    nodeSelector: z.object({ accelerator: z.literal(RUN_GPU.type) }),
    gpuZonalRedundancyDisabled: z.literal(true),
  }),
})

/** Infrastructure of a team's own may ask for other GPUs, or for dearer ones with zonal redundancy. */
const hasPricedGpu = (template: unknown): boolean => gpuSchema.safeParse(template).success
