import * as z from 'zod'
import type { GcpClient } from '../client.ts'

/** https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs */
export const customJobSchema = z.looseObject({
  /** `projects/1/locations/europe-west1/customJobs/42`. */
  name: z.string(),
  displayName: z.string().default(''),
  state: z.string().default('JOB_STATE_UNSPECIFIED'),
  createTime: z.string().default('1970-01-01T00:00:00Z'),
  startTime: z.string().optional(),
  endTime: z.string().optional(),
  jobSpec: z
    .looseObject({ scheduling: z.looseObject({ timeout: z.string().optional() }).optional() })
    .optional(),
  error: z.looseObject({ message: z.string().default('') }).optional(),
})
export type CustomJob = z.infer<typeof customJobSchema>

const pageSchema = z.looseObject({
  customJobs: z.array(customJobSchema).default([]),
  nextPageToken: z.string().optional(),
})
const nothing = z.unknown()

export interface NewCustomJob {
  readonly displayName: string
  readonly labels: Readonly<Record<string, string>>
  readonly jobSpec: Readonly<Record<string, unknown>>
}

export interface VertexApi {
  create(place: string, job: NewCustomJob): Promise<CustomJob>
  find(name: string): Promise<CustomJob | undefined>
  /** All of this name; Vertex AI lets several have it. */
  named(place: string, displayName: string): AsyncIterable<CustomJob>
  /** All with these labels. */
  labelled(place: string, labels: Readonly<Record<string, string>>): AsyncIterable<CustomJob>
  cancel(name: string): Promise<void>
}

/** Custom jobs over REST; each location answers by itself. `place` is `projects/films-1/locations/europe-west1`. */
export function vertexApi(client: GcpClient): VertexApi {
  const at = (name: string) => ({ service: 'aiplatform' as const, location: locationOf(name) })
  return {
    create: (place, body) =>
      client.json({ ...at(place), method: 'POST', path: `/v1/${place}/customJobs`, body }, customJobSchema),
    find: (name) => client.find({ ...at(name), path: `/v1/${name}` }, customJobSchema),
    named: (place, displayName) => filtered(place, `displayName="${displayName}"`),
    labelled: (place, labels) =>
      filtered(
        place,
        Object.entries(labels)
          .map(([name, value]) => `labels.${name}="${value}"`)
          .join(' AND '),
      ),
    cancel: async (name) => {
      const path = `/v1/${name}:cancel`
      await client.json({ ...at(name), method: 'POST', path, body: {}, repeatable: true }, nothing)
    },
  }

  async function* filtered(place: string, wanted: string): AsyncGenerator<CustomJob> {
    const filter = encodeURIComponent(wanted)
    let pageToken: string | undefined
    do {
      const more = pageToken === undefined ? '' : `&pageToken=${encodeURIComponent(pageToken)}`
      const path = `/v1/${place}/customJobs?filter=${filter}${more}`
      const page = await client.json({ ...at(place), path }, pageSchema)
      yield* page.customJobs
      pageToken = page.nextPageToken
    } while (pageToken !== undefined && pageToken !== '')
  }
}

const locationOf = (name: string): string => /\/locations\/([^/]+)/.exec(name)?.[1] ?? ''
