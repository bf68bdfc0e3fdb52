import * as z from 'zod'
import type { GcpClient } from './client.ts'

/** A machine as Compute Engine tells of it. */
export interface Instance {
  readonly name: string
  readonly zone: string
  /** https://cloud.google.com/compute/docs/instances/instance-lifecycle */
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
  /** Its last start, milliseconds since the epoch; null where Compute Engine does not say. */
  readonly startedAt: number | null
  /** Milliseconds that it may run; null without a limit. */
  readonly lifetime: number | null
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/instances */
const instanceSchema = z.looseObject({
  name: z.string(),
  status: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  creationTimestamp: z.string().optional(),
  lastStartTimestamp: z.string().optional(),
  scheduling: z
    .looseObject({ maxRunDuration: z.looseObject({ seconds: z.coerce.number() }).optional() })
    .optional(),
})

/** https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList */
const pageSchema = z.looseObject({
  items: z.record(z.string(), z.looseObject({ instances: z.array(instanceSchema).default([]) })).default({}),
  nextPageToken: z.string().optional(),
})

/**
 * All machines of a project that carry these labels, in any zone.
 *
 * @param labels at least one: without any, every machine of the project is meant
 * @throws GcpError where Compute Engine refuses
 */
export async function* instancesWith(
  client: Pick<GcpClient, 'json'>,
  project: string,
  labels: Readonly<Record<string, string>>,
): AsyncGenerator<Instance> {
  const filter = Object.entries(labels)
    .map(([label, value]) => `(labels.${label} = "${value}")`)
    .join(' ')
  let pageToken = ''
  do {
    const query = new URLSearchParams({ filter, ...(pageToken === '' ? {} : { pageToken }) })
    const path = `/compute/v1/projects/${project}/aggregated/instances?${query}`
    const page = await client.json({ service: 'compute', path }, pageSchema)
    for (const [scope, { instances }] of Object.entries(page.items)) {
      for (const { name, status, labels: own, scheduling, ...at } of instances) {
        const startedAt = Date.parse(at.lastStartTimestamp ?? at.creationTimestamp ?? '')
        const seconds = scheduling?.maxRunDuration?.seconds
        yield {
          name,
          zone: scope.replace(/^zones\//, ''),
          status,
          labels: own,
          startedAt: Number.isNaN(startedAt) ? null : startedAt,
          lifetime: seconds === undefined ? null : seconds * 1000,
        }
      }
    }
    pageToken = page.nextPageToken ?? ''
  } while (pageToken !== '')
}
