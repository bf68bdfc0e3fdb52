import { MemorystoreInstance } from '@cdktf/provider-google/lib/memorystore-instance/index.js'
import { type ITerraformDependable, propertyAccess } from 'cdktf'
import { Construct } from 'constructs'

export interface ValkeyCacheProps {
  /** 4 to 63 characters. */
  readonly name: string
  readonly project: string
  readonly region: string
  /** Id of the network in which it appears by Private Service Connect. */
  readonly network: string
  /**
   * Machine class.
   * @default SHARED_CORE_NANO
   */
  readonly class?: string
  /** What lets it appear there, where that stands in the same stack. */
  readonly after?: readonly ITerraformDependable[]
}

/**
 * Valkey on Memorystore: one node, reached inside of the network alone, over TLS. Its certificate is of an authority of its
 * own, which clients are given.
 */
export class ValkeyCache extends Construct {
  readonly port = 6379
  /** `rediss://host:port`. */
  readonly url: string
  /** Certificates of the authority, PEM. */
  readonly authority: string

  constructor(scope: Construct, id: string, props: ValkeyCacheProps) {
    super(scope, id)
    const { name, project, region, network, after = [] } = props
    const instance = new MemorystoreInstance(this, 'instance', {
      instanceId: name,
      location: region,
      shardCount: 1,
      replicaCount: 0,
      nodeType: props.class ?? 'SHARED_CORE_NANO',
      mode: 'CLUSTER_DISABLED',
      engineVersion: 'VALKEY_8_0',
      transitEncryptionMode: 'SERVER_AUTHENTICATION',
      authorizationMode: 'AUTH_DISABLED',
      desiredAutoCreatedEndpoints: [{ projectId: project, network }],
      persistenceConfig: { mode: 'RDB', rdbConfig: { rdbSnapshotPeriod: 'TWENTY_FOUR_HOURS' } },
      // A cache is filled anew.
      deletionProtectionEnabled: false,
      ...(after.length === 0 ? {} : { dependsOn: [...after] }),
    })
    const endpoint = propertyAccess(instance.fqn, [
      'endpoints',
      0,
      'connections',
      0,
      'psc_auto_connection',
      0,
      'ip_address',
    ])
    this.url = `rediss://${endpoint}:${this.port}`
    this.authority = `\${join("\\n", ${instance.fqn}.managed_server_ca[0].ca_certs[0].certificates)}`
  }
}
