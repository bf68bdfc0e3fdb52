import { Dashboard } from '../dashboard.ts'
import type { Site } from './site.ts'

/** One page for the whole environment: how busy its services and databases are. It names none, so that none changes it. */
export function dashboard(site: Site): void {
  const { services, databases } = site.system
  const of = (schema: string, metric: string, filter: string): string =>
    `SEARCH('{${schema}} MetricName="${metric}" ${filter}', 'Average', 60)`
  const service = (metric: string): string =>
    of('AWS/ECS,ClusterName,ServiceName', metric, `ClusterName="${site.prefix}"`)
  const database = (metric: string): string => of('AWS/RDS,DBInstanceIdentifier', metric, site.prefix)
  const charts = {
    ...(Object.keys(services).length === 0
      ? {}
      : {
          'Services: CPU, percent': service('CPUUtilization'),
          'Services: memory, percent': service('MemoryUtilization'),
        }),
    ...(Object.keys(databases).length === 0
      ? {}
      : {
          'Databases: CPU, percent': database('CPUUtilization'),
          'Databases: free storage, bytes': database('FreeStorageSpace'),
        }),
  }
  if (Object.keys(charts).length === 0) return
  new Dashboard(site.stack('foundation'), 'dashboard', { name: site.prefix, region: site.region, charts })
}
