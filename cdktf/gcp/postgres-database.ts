import { SqlDatabase } from '@cdktf/provider-google/lib/sql-database/index.js'
import { SqlDatabaseInstance } from '@cdktf/provider-google/lib/sql-database-instance/index.js'
import { SqlUser } from '@cdktf/provider-google/lib/sql-user/index.js'
import { TerraformLocal } from 'cdktf'
import { Construct } from 'constructs'
import { accept, when } from '../core/accept.ts'
import type { DatabaseServerProps } from '../core/database-server.ts'
import { DATABASE_USER } from '../core/database-user.ts'
import { ManagedSecret } from './managed-secret.ts'

const GIB = 2 ** 30

/** Its class is db-g1-small where none is given. */
export interface PostgresDatabaseProps extends DatabaseServerProps {
  /** Name of the server. Cloud SQL gives a name free only a week after its server is gone. */
  readonly name: string
  readonly project: string
  readonly region: string
  /** Major version: `16`. */
  readonly version: string
  /** The databases inside the server; the first is the default one. */
  readonly databases: readonly [string, ...string[]]
  /** The network, by its connection to Google's services. */
  readonly network: string
}

/** Newest major version of PostgreSQL on Cloud SQL. */
const LATEST = 18

/** https://cloud.google.com/sql/docs/postgres/flags */
const FLAGS = {
  'cloudsql.iam_authentication': 'on',
  log_checkpoints: 'on',
  log_connections: 'on',
  log_disconnections: 'on',
  log_lock_waits: 'on',
  log_min_error_statement: 'error',
  log_temp_files: '0',
} as const

/**
 * PostgreSQL on Cloud SQL: a private address alone, TLS only, backups with a way back to any second. The password is random
 * and goes to the server and to Secret Manager by write-only attributes, so it stands in no file, plan or state.
 *
 * Both are written by one apply. Should that stop between the two, replace both in one: `tofu apply -replace=<user>
 * -replace=<version>`.
 */
export class PostgresDatabase extends Construct {
  /** Name of the server. */
  readonly id: string
  /** Private IPv4 address. */
  readonly host: string
  /** `project:region:name`; the socket is `/cloudsql/<this>/.s.PGSQL.5432`. */
  readonly connectionName: string
  readonly port = 5432
  readonly database: string
  /** The secret that holds the password. */
  readonly secret: ManagedSecret

  constructor(scope: Construct, id: string, props: PostgresDatabaseProps) {
    super(scope, id)
    const { name, project, region, version, storage, databases, network } = props
    const { highAvailability = false, backupDays = 7, protect = true } = props
    const [major = version] = version.split('.')
    const gib = Math.max(10, Math.ceil(storage / GIB))
    const instance = new SqlDatabaseInstance(this, 'instance', {
      name,
      region,
      databaseVersion: `POSTGRES_${major}`,
      deletionProtection: protect,
      settings: {
        tier: props.class ?? 'db-g1-small',
        edition: 'ENTERPRISE',
        availabilityType: highAvailability ? 'REGIONAL' : 'ZONAL',
        deletionProtectionEnabled: protect,
        retainBackupsOnDelete: protect,
        diskType: 'PD_SSD',
        diskSize: gib,
        diskAutoresize: true,
        diskAutoresizeLimit: gib * 5,
        ipConfiguration: {
          ipv4Enabled: false,
          privateNetwork: network,
          sslMode: 'ENCRYPTED_ONLY',
        },
        backupConfiguration:
          backupDays === 0
            ? { enabled: false }
            : {
                enabled: true,
                startTime: '03:00',
                location: region,
                pointInTimeRecoveryEnabled: true,
                // The edition keeps the log of a week at most.
                transactionLogRetentionDays: Math.min(backupDays, 7),
                backupRetentionSettings: { retainedBackups: backupDays, retentionUnit: 'COUNT' },
              },
        insightsConfig: { queryInsightsEnabled: true },
        maintenanceWindow: { day: 7, hour: 4, updateTrack: 'stable' },
        databaseFlags: Object.entries(FLAGS).map(([flag, value]) => ({ name: flag, value })),
      },
      // The disk grows by itself, and pausing stops the server.
      lifecycle: {
        preventDestroy: protect,
        ignoreChanges: ['settings[0].disk_size', 'settings[0].activation_policy'],
      },
    })
    accept(instance, {
      CKV_GCP_6:
        'TLS alone is let in; a certificate for every service would be one more secret to hand out and renew',
      ...when(Number(major) < LATEST, {
        CKV_GCP_79: 'databases.<name>.version says which: data move when the team says so',
      }),
      CKV_GCP_108: 'addresses are logged; the name of each would be asked of DNS when a connection opens',
      CKV_GCP_110: 'pgAudit writes statements into the log, with their values',
      CKV_GCP_111: 'statements hold values of users; those that fail are logged',
      CKV2_GCP_13:
        'Query Insights knows how long statements take; a line in the log for each would hold their values',
    })
    for (const database of databases) {
      // A name that is taken out of the list leaves its data where they are.
      new SqlDatabase(this, `database-${database}`, {
        name: database,
        instance: instance.name,
        deletionPolicy: 'ABANDON',
      })
    }
    this.id = instance.name
    this.host = instance.privateIpAddress
    this.connectionName = instance.connectionName
    this.database = databases[0]
    this.secret = new ManagedSecret(this, 'password', { name: `${name}-password`, project, region })
    // 244 random bits, drawn once an apply; both sides read it only when they are made.
    const password = new TerraformLocal(this, 'random', `\${sha256(join("", [uuid(), uuid()]))}`)
    const user = new SqlUser(this, 'user', {
      name: DATABASE_USER,
      instance: instance.name,
      passwordWo: password.asString,
      passwordWoVersion: 1,
      // A user who owns tables cannot be deleted.
      deletionPolicy: 'ABANDON',
      dependsOn: [this.secret.made],
    })
    this.secret.hold(password.asString, [user])
  }
}
