import { digestOf, hexOf } from '../../../domain/digest.ts'
import { type Rate, vertexRate } from '../../../domain/prices/rates.ts'
import type { Step } from '../../../domain/system/step.ts'
import type { JobSpec } from '../../ports/jobs.ts'
import type { GcpClient } from '../client.ts'
import type { LogPlace } from '../logs.ts'
import type { Found, JobPlatform, JobTarget } from './platform.ts'
import type { JobRecord } from './record.ts'
import { type CustomJob, type VertexApi, vertexApi } from './vertex-api.ts'
import { jobSpecOf, machineOf } from './vertex-spec.ts'
import { hasEnded, vertexStatus } from './vertex-status.ts'

/** A queue for GPUs takes so long at most; then nobody has any. */
const PLACING = 60 * 60_000

/** Custom jobs of Vertex AI: found by their display name, which is made from the id. */
export class VertexPlatform implements JobPlatform<'vertex-job'> {
  readonly placing = PLACING
  readonly #project: string
  readonly #labels: Readonly<Record<string, string>>
  readonly #api: VertexApi

  constructor(client: GcpClient, project: string, labels: Readonly<Record<string, string>>) {
    this.#labels = labels
    this.#project = project
    this.#api = vertexApi(client)
  }

  /** All nodes have the machine of the first pool. */
  rate({ location, template }: JobTarget<'vertex-job'>, { nodes }: Step): Rate {
    return vertexRate(location, machineOf(template) ?? 'a machine that targets.json does not name', nodes)
  }

  placeOf({ project, location }: JobTarget<'vertex-job'>): string {
    return `projects/${project}/locations/${location}`
  }

  async launch(place: string, { template }: JobTarget<'vertex-job'>, spec: JobSpec): Promise<string> {
    const jobSpec = jobSpecOf(template, spec)
    const labels = {
      ...this.#labels,
      'sluice-job': hexOf(digestOf(spec.id)).slice(0, 32),
      'sluice-step': spec.step.name,
    }
    try {
      const made = await this.#api.create(place, { displayName: displayName(spec.id), labels, jobSpec })
      return (await this.#first(place, spec.id))?.name ?? made.name
    } catch (error) {
      const found = await this.#first(place, spec.id)
      if (found !== undefined) return found.name
      throw error
    }
  }

  async find(record: JobRecord): Promise<Found | undefined> {
    const named = record.execution === null ? undefined : await this.#api.find(record.execution)
    const job = named ?? (await this.#first(record.job, record.id))
    if (job === undefined) return undefined
    return {
      name: job.name,
      createdAt: Date.parse(job.createTime),
      ended: hasEnded(job) || job.state === 'JOB_STATE_CANCELLING',
      status: async () => vertexStatus(record, job),
    }
  }

  cancel(name: string): Promise<void> {
    return this.#api.cancel(name)
  }

  /** https://cloud.google.com/vertex-ai/docs/general/monitor-logs */
  logsOf(name: string): LogPlace {
    const id = name.slice(name.lastIndexOf('/') + 1)
    const filter = `resource.type="ml_job" AND resource.labels.job_id="${id}"`
    return { project: this.#project, filter, logs: [] }
  }

  /** The first job of this name; others that stand beside it are cancelled. */
  async #first(place: string, id: string): Promise<CustomJob | undefined> {
    const name = displayName(id)
    const found: CustomJob[] = []
    for await (const job of this.#api.named(place, name)) if (job.displayName === name) found.push(job)
    const [first, ...others] = found.toSorted((a, b) => Date.parse(a.createTime) - Date.parse(b.createTime))
    for (const other of others) if (!hasEnded(other)) await this.#api.cancel(other.name)
    return first
  }
}

/** 128 characters at most. */
const displayName = (id: string): string => `sluice-${id}`
