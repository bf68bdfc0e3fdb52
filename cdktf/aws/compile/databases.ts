import { serverOf } from '../../core/database-server.ts'
import { Alarm } from '../alarm.ts'
import { PostgresDatabase } from '../postgres-database.ts'
import { databaseNames } from './database-names.ts'
import type { Site } from './site.ts'

export function databases(site: Site): void {
  for (const name of Object.keys(site.system.databases)) make(site, name)
}

function make(site: Site, name: string): void {
  const spec = site.system.databases[name]
  if (spec === undefined) return
  const stack = site.stackOf(name)
  const database = new PostgresDatabase(stack, `database-${name}`, {
    name: site.name('databases', name),
    ...serverOf(spec),
    database: spec.names[0],
    subnetIds: site.network.privateSubnets.map((subnet) => subnet.id),
    securityGroupId: site.firewall(name).id,
  })
  site.databases.set(name, database)
  databaseNames(site, spec, database)
  stack.target('databases', name, {
    kind: 'rds',
    id: database.id,
    host: database.host,
    port: database.port,
    name: database.database,
    names: [...spec.names],
    secret: database.secretArn,
  })
  const alarm = new Alarm(stack, `alarm-${name}-cpu`, {
    name: `${site.prefix}-${name}-cpu`,
    description: `Database ${name} is busy over 90 % for 10 minutes`,
    namespace: 'AWS/RDS',
    metric: 'CPUUtilization',
    dimensions: [{ DBInstanceIdentifier: site.name('databases', name) }],
    statistic: 'Average',
    above: 90,
    minutes: 10,
  })
  stack.target('alarms', `${name}-cpu`, alarm.name)
}
