import { serverOf } from '../../core/database-server.ts'
import { Alert } from '../alert.ts'
import { PostgresDatabase } from '../postgres-database.ts'
import { PrivateServices } from '../private-services.ts'
import type { Site } from './site.ts'

export function databases(site: Site): void {
  // One a network: it stands beside it, and every database comes after the foundation.
  new PrivateServices(site.stack('foundation'), 'private-services', {
    name: `${site.prefix}-services`,
    network: site.network.id,
  })
  for (const [name, spec] of Object.entries(site.system.databases)) {
    const stack = site.stackOf(name)
    const database = new PostgresDatabase(stack, `database-${name}`, {
      name: site.name('databases', name),
      project: site.project,
      region: site.location,
      ...serverOf(spec),
      databases: spec.names,
      network: site.network.selfLink,
    })
    site.databases.set(name, database)
    stack.target('databases', name, {
      kind: 'cloud-sql',
      id: database.id,
      host: database.host,
      port: database.port,
      name: database.database,
      names: [...spec.names],
      secret: database.secret.id,
      connection: database.connectionName,
    })
    const alert = new Alert(stack, `alarm-${name}-cpu`, {
      name: `${site.prefix}-${name}-cpu`,
      description: `Database ${name} is busy over 90 % for 10 minutes`,
      filter: [
        'resource.type="cloudsql_database"',
        `resource.labels.database_id="${site.project}:${site.name('databases', name)}"`,
        'metric.type="cloudsql.googleapis.com/database/cpu/utilization"',
      ].join(' AND '),
      align: 'ALIGN_MEAN',
      reduce: 'REDUCE_MAX',
      above: 0.9,
      minutes: 10,
    })
    stack.target('alarms', `${name}-cpu`, alert.name)
  }
}
