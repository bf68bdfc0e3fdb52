import { MemorystoreInstance } from '@cdktf/provider-google/lib/memorystore-instance/index.js'
import { Fn } from 'cdktf'
import { Construct } from 'constructs'

export interface ValkeyCacheProps {
  /** 4 to 63 characters. */
  readonly name: string
  readonly project: string
  readonly region: string
  /** Id of the network in which it appears by Private Service Connect. */
  readonly network: string
  /**
   * Machine class: `shared-core-nano`, `standard-small`, `highmem-medium`, `highmem-xlarge`.
   * @default shared-core-nano
   */
  readonly class?: string
}

/**
 * Valkey on Memorystore: one node, reached inside of the network alone, over TLS. Its certificate is of an authority of its
 * own, which clients are given.
 */
export class ValkeyCache extends Construct {
  /** IPv4 address in the network. */
  readonly host: string
  readonly port = 6379
  /** `rediss://host:port`. */
  readonly url: string
  /** Certificates of the authority, PEM. */
  readonly authority: string

  constructor(scope: Construct, id: string, props: ValkeyCacheProps) {
    super(scope, id)
    const { name, project, region, network } = props
    const instance = new MemorystoreInstance(this, 'instance', {
      instanceId: name,
      location: region,
      shardCount: 1,
      replicaCount: 0,
      nodeType: (props.class ?? 'shared-core-nano').toUpperCase().replaceAll('-', '_'),
      mode: 'CLUSTER_DISABLED',
      engineVersion: 'VALKEY_8_0',
      transitEncryptionMode: 'SERVER_AUTHENTICATION',
      authorizationMode: 'AUTH_DISABLED',
      desiredAutoCreatedEndpoints: [{ projectId: project, network }],
      persistenceConfig: { mode: 'RDB', rdbConfig: { rdbSnapshotPeriod: 'TWENTY_FOUR_HOURS' } },
      // A cache is filled anew.
      deletionProtectionEnabled: false,
    })
    this.host = instance.endpoints.get(0).connections.get(0).pscAutoConnection.get(0).ipAddress
    this.url = `rediss://${this.host}:${this.port}`
    this.authority = Fn.join('\n', instance.managedServerCa.get(0).caCerts.get(0).certificates)
  }
}
