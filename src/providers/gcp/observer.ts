import * as z from 'zod'
import type { Targets } from '../../domain/stacks/targets.ts'
import type { Clock } from '../../runtime/runtime.ts'
import type { Observer } from '../ports/observer.ts'
import type { GcpClient } from './client.ts'
import { distributionSchema, quantile } from './distribution.ts'

/** https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies */
const policySchema = z.looseObject({ enabled: z.boolean().default(true) })

/** https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alerts */
const alertsSchema = z.looseObject({
  alerts: z
    .array(z.looseObject({ state: z.string(), policy: z.looseObject({ name: z.string() }).optional() }))
    .default([]),
  nextPageToken: z.string().optional(),
})

/** https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list */
const seriesSchema = z.looseObject({
  timeSeries: z
    .array(
      z.looseObject({
        metric: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }),
        points: z
          .array(z.looseObject({ value: z.looseObject({ int64Value: z.coerce.number().default(0) }) }))
          .default([]),
      }),
    )
    .default([]),
})

const latenciesSchema = z.looseObject({
  timeSeries: z
    .array(
      z.looseObject({
        points: z
          .array(z.looseObject({ value: z.looseObject({ distributionValue: distributionSchema }) }))
          .default([]),
      }),
    )
    .default([]),
})

export interface ObserverParts {
  readonly client: GcpClient
  readonly clock: Pick<Clock, 'now'>
  readonly targets: () => Promise<Targets>
  readonly project: string
  /** The name in Cloud Run of the revision with this id. */
  readonly revisionName: (service: string, revision: string) => Promise<string>
}

/**
 * What Cloud Monitoring knows. Its counts are two to three minutes behind
 * (https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run): a bake time that is shorter finds no data, and no data never
 * promotes (promise R31).
 */
export function openObserver({ client, clock, targets, project, revisionName }: ObserverParts): Observer {
  const rings = async (policy: string): Promise<boolean> => {
    let pageToken: string | undefined
    do {
      const query = new URLSearchParams({
        filter: 'state="OPEN"',
        pageSize: '1000',
        ...(pageToken === undefined ? {} : { pageToken }),
      })
      const path = `/v3/projects/${project}/alerts?${query}`
      const page = await client.json({ service: 'monitoring', path }, alertsSchema)
      if (page.alerts.some((alert) => alert.state === 'OPEN' && alert.policy?.name === policy)) return true
      pageToken = page.nextPageToken
    } while (pageToken !== undefined && pageToken !== '')
    return false
  }

  /** What a metric of one revision comes to since then, over all of its series or grouped by a label. */
  const since = async <T>(
    { metric, groupBy }: { readonly metric: string; readonly groupBy?: string },
    {
      service,
      revision,
      from,
    }: { readonly service: string; readonly revision: string; readonly from: number },
    schema: z.ZodType<T>,
  ): Promise<T> => {
    const now = clock.now()
    // The shortest time that Cloud Monitoring aligns to.
    const seconds = Math.max(60, Math.ceil((now - from) / 1000))
    const name = await revisionName(service, revision)
    const query = new URLSearchParams({
      filter: `metric.type="run.googleapis.com/${metric}" AND resource.type="cloud_run_revision" AND resource.labels.revision_name="${name}"`,
      'interval.startTime': new Date(now - seconds * 1000).toISOString(),
      'interval.endTime': new Date(now).toISOString(),
      'aggregation.alignmentPeriod': `${seconds}s`,
      'aggregation.perSeriesAligner': 'ALIGN_DELTA',
      'aggregation.crossSeriesReducer': 'REDUCE_SUM',
      ...(groupBy === undefined ? {} : { 'aggregation.groupByFields': groupBy }),
    })
    const path = `/v3/projects/${project}/timeSeries?${query}`
    return client.json({ service: 'monitoring', path }, schema)
  }

  return {
    kinds: ['alarm', 'error-rate', 'latency'],

    async alarm(name) {
      const { alarms } = await targets()
      // An alarm of sluice.yml's own words, or a policy of a team's own by its full name.
      const policy = alarms[name] ?? (name.startsWith('projects/') ? name : undefined)
      if (policy === undefined) return undefined
      const found = await client.find({ service: 'monitoring', path: `/v3/${policy}` }, policySchema)
      if (found === undefined) return undefined
      if (!found.enabled) return 'insufficient-data'
      return (await rings(policy)) ? 'alarm' : 'ok'
    },

    async requests(service, revision, from) {
      const asked = { metric: 'request_count', groupBy: 'metric.labels.response_code_class' }
      const { timeSeries } = await since(asked, { service, revision, from }, seriesSchema)
      if (timeSeries.length === 0) return undefined
      let requests = 0
      let errors = 0
      for (const { metric, points } of timeSeries) {
        const count = points.reduce((sum, { value }) => sum + value.int64Value, 0)
        requests += count
        if (metric.labels['response_code_class'] === '5xx') errors += count
      }
      return { requests, errors }
    },

    async latency(service, revision, from) {
      const asked = { metric: 'request_latencies' }
      const { timeSeries } = await since(asked, { service, revision, from }, latenciesSchema)
      // Reduced to one series, and aligned to one point.
      const found = timeSeries[0]?.points[0]?.value.distributionValue
      return found === undefined ? undefined : { requests: found.count, p95: quantile(found, 0.95) }
    },
  }
}
