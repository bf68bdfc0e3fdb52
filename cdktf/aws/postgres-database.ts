import { DbInstance } from '@cdktf/provider-aws/lib/db-instance/index.js'
import { DbParameterGroup } from '@cdktf/provider-aws/lib/db-parameter-group/index.js'
import { DbSubnetGroup } from '@cdktf/provider-aws/lib/db-subnet-group/index.js'
import { SecretsmanagerSecretRotation } from '@cdktf/provider-aws/lib/secretsmanager-secret-rotation/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY, when } from '../core/accept.ts'
import type { DatabaseServerProps } from '../core/database-server.ts'
import { DATABASE_USER } from '../core/database-user.ts'

const GIB = 2 ** 30

/** Its class is db.t4g.micro where none is given; protected, it leaves a last snapshot when that is lifted. */
export interface PostgresDatabaseProps extends DatabaseServerProps {
  /** Name of the server, at most 63 characters. */
  readonly name: string
  /** Major version, or major and minor: `16`, `16.4`. */
  readonly version: string
  /** The database inside the server that exists from the start. */
  readonly database: string
  /** Private subnets, of two zones at least. */
  readonly subnetIds: readonly string[]
  /** The security group it stands behind. */
  readonly securityGroupId: string
}

/**
 * PostgreSQL on RDS: private, encrypted, TLS only. RDS makes the password and keeps it in Secrets Manager, so it stands in
 * no file and in no Terraform state.
 */
export class PostgresDatabase extends Construct {
  readonly id: string
  readonly host: string
  readonly port = 5432
  readonly database: string
  /** ARN of the secret `{ username, password }`. */
  readonly secretArn: string

  constructor(scope: Construct, id: string, props: PostgresDatabaseProps) {
    super(scope, id)
    const { name, version, storage, database, subnetIds, securityGroupId } = props
    const { highAvailability = false, backupDays = 7, protect = true } = props
    const [major = version] = version.split('.')
    const subnets = new DbSubnetGroup(this, 'subnets', { name, subnetIds: [...subnetIds] })
    const parameters = new DbParameterGroup(this, 'parameters', {
      name: `${name}-${major}`,
      family: `postgres${major}`,
      parameter: [
        { name: 'rds.force_ssl', value: '1' },
        { name: 'log_min_duration_statement', value: '1000' },
      ],
      lifecycle: { createBeforeDestroy: true },
    })
    const gib = Math.max(20, Math.ceil(storage / GIB))
    const instance = new DbInstance(this, 'instance', {
      identifier: name,
      engine: 'postgres',
      engineVersion: version,
      instanceClass: props.class ?? 'db.t4g.micro',
      allocatedStorage: gib,
      maxAllocatedStorage: gib * 5,
      storageType: 'gp3',
      storageEncrypted: true,
      dbName: database,
      username: DATABASE_USER,
      manageMasterUserPassword: true,
      dbSubnetGroupName: subnets.name,
      parameterGroupName: parameters.name,
      vpcSecurityGroupIds: [securityGroupId],
      publiclyAccessible: false,
      multiAz: highAvailability,
      backupRetentionPeriod: backupDays,
      copyTagsToSnapshot: true,
      deletionProtection: protect,
      skipFinalSnapshot: !protect,
      finalSnapshotIdentifier: `${name}-final`,
      deleteAutomatedBackups: !protect,
      autoMinorVersionUpgrade: true,
      performanceInsightsEnabled: true,
      enabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
      iamDatabaseAuthenticationEnabled: true,
      lifecycle: { preventDestroy: protect },
    })
    accept(instance, {
      CKV_AWS_118:
        'Performance Insights shows what the server does; metrics of the machine by the second would need a role',
      ...when(!highAvailability, {
        CKV_AWS_157: 'a standby is there where databases.<name>.high-availability says so',
      }),
      CKV_AWS_354: PROVIDER_KEY,
    })
    this.id = instance.identifier
    this.host = instance.address
    this.database = database
    this.secretArn = instance.masterUserSecret.get(0).secretArn
    // RDS would change it every week under services that read it when they start. Rotate by `operate restart` after
    // `aws secretsmanager rotate-secret`.
    const rotation = new SecretsmanagerSecretRotation(this, 'rotation', {
      secretId: this.secretArn,
      rotateImmediately: false,
      rotationRules: { automaticallyAfterDays: 1000 },
    })
    accept(rotation, {
      CKV_AWS_304: 'services read the password when they start: it is changed together with a restart',
    })
  }
}
