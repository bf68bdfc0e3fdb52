import { type Chart, Dashboard } from '../dashboard.ts'
import type { Site } from './site.ts'

/** One page for the whole environment: how busy its services and databases are. It names none, so that none changes it. */
export function dashboard(site: Site): void {
  const { services, databases } = site.system
  const service = (metric: string, align: Chart['align'], more = ''): Chart => ({
    filter: `resource.type="cloud_run_revision" AND resource.labels.service_name=starts_with("${site.prefix}-") AND metric.type="run.googleapis.com/${metric}"${more}`,
    align,
    by: 'resource.label.service_name',
  })
  const database = (metric: string): Chart => ({
    filter: `resource.type="cloudsql_database" AND resource.labels.database_id=starts_with("${site.project}:${site.prefix}-") AND metric.type="cloudsql.googleapis.com/database/${metric}"`,
    align: 'ALIGN_MEAN',
    by: 'resource.label.database_id',
  })
  const charts = {
    ...(Object.keys(services).length === 0
      ? {}
      : {
          'Services: requests a second': service('request_count', 'ALIGN_RATE'),
          'Services: errors a second': service(
            'request_count',
            'ALIGN_RATE',
            ' AND metric.labels.response_code_class="5xx"',
          ),
          'Services: latency, 99th percentile, ms': service('request_latencies', 'ALIGN_PERCENTILE_99'),
          'Services: CPU, 99th percentile': service('container/cpu/utilizations', 'ALIGN_PERCENTILE_99'),
        }),
    ...(Object.keys(databases).length === 0
      ? {}
      : {
          'Databases: CPU': database('cpu/utilization'),
          'Databases: used storage': database('disk/utilization'),
        }),
  }
  if (Object.keys(charts).length === 0) return
  new Dashboard(site.stack('foundation'), 'dashboard', { name: site.prefix, charts })
}
