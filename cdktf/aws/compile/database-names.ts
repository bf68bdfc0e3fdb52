import {
  DATABASE_NAMES_COMMAND,
  DATABASES_VARIABLE,
  databaseClient,
  databaseNamesKey,
} from '../../../src/domain/system/database-names.ts'
import type { Database } from '../../../src/domain/system/system.ts'
import { accept } from '../../core/accept.ts'
import { DATABASE_USER } from '../../core/database-user.ts'
import { FargateTask } from '../fargate-task.ts'
import { allow, Firewall } from '../firewall.ts'
import type { PostgresDatabase } from '../postgres-database.ts'
import { valueFrom } from './connect.ts'
import type { Site } from './site.ts'
import { taskKillerOf } from './task-killer.ts'

const MIB = 2 ** 20

/** The task that makes the databases of a server beside the first one. `apply` runs it; the password is never in a command. */
export function databaseNames(site: Site, database: Database, server: PostgresDatabase): void {
  const [first, ...others] = database.names
  if (others.length === 0) return
  const { name, version } = database
  const { region, account, prefix } = site
  const stack = site.stackOf(name)
  const key = databaseNamesKey(name)
  const firewall = new Firewall(stack, `firewall-names-${name}`, {
    name: `${prefix}-names-${name}`,
    description: `What makes the databases of ${name} of ${prefix}`,
    vpcId: site.network.vpc.id,
    out: true,
  })
  accept(firewall.group, { CKV2_AWS_5: 'a task has it, which apply starts and which ends by itself' })
  allow(stack, `names-to-${name}`, {
    from: firewall,
    to: site.firewall(name),
    port: server.port,
    why: `Databases of ${name} are made`,
  })
  // No pipeline is called like a database.
  const logs = `/pipelines/${site.logFolder}/${name}/names`
  const image = databaseClient(version)
  const task = new FargateTask(stack, `names-${name}`, {
    name: site.name('services', `${name}.names`),
    account,
    region,
    cpu: 0.25,
    memory: 512 * MIB,
    logs,
    repositories: [],
    secrets: [server.secretArn],
    statements: [],
    containers: [
      {
        name: 'psql',
        image: image.replace(/:.*/, ':template'),
        essential: true,
        command: DATABASE_NAMES_COMMAND,
        environment: {
          PGHOST: server.host,
          PGPORT: String(server.port),
          PGUSER: DATABASE_USER,
          PGDATABASE: first,
          PGSSLMODE: 'require',
          PGCONNECT_TIMEOUT: '30',
          [DATABASES_VARIABLE]: others.join(','),
        },
        secrets: { PGPASSWORD: valueFrom({ arn: server.secretArn, key: 'password' }) },
        stopTimeout: 30_000,
      },
    ],
  })
  const { subnetIds, publicAddress } = site.places
  stack.target('jobs', key, {
    kind: 'ecs-task',
    region,
    cluster: prefix,
    family: task.family,
    image,
    names: others,
    subnets: subnetIds,
    securityGroups: [firewall.id],
    publicAddress,
    killer: taskKillerOf(site),
  })
  stack.target('logs', key, `cloudwatch:${region}:${logs}`)
}
