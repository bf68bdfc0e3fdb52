import { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group/index.js'
import { ElasticacheSubnetGroup } from '@cdktf/provider-aws/lib/elasticache-subnet-group/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY } from '../core/accept.ts'

export interface ValkeyCacheProps {
  /** At most 40 characters. */
  readonly name: string
  /**
   * Machine class.
   * @default cache.t4g.micro
   */
  readonly class?: string
  /** Private subnets. */
  readonly subnetIds: readonly string[]
  /** The security group it stands behind. */
  readonly securityGroupId: string
}

/** Valkey on ElastiCache: one node, encrypted at rest and on the wire. */
export class ValkeyCache extends Construct {
  readonly port = 6379
  /** `rediss://host:port`. */
  readonly url: string

  constructor(scope: Construct, id: string, props: ValkeyCacheProps) {
    super(scope, id)
    const { name, subnetIds, securityGroupId } = props
    const subnets = new ElasticacheSubnetGroup(this, 'subnets', { name, subnetIds: [...subnetIds] })
    const group = new ElasticacheReplicationGroup(this, 'group', {
      replicationGroupId: name,
      description: `Cache ${name}`,
      engine: 'valkey',
      engineVersion: '8.0',
      nodeType: props.class ?? 'cache.t4g.micro',
      numCacheClusters: 1,
      port: this.port,
      subnetGroupName: subnets.name,
      securityGroupIds: [securityGroupId],
      atRestEncryptionEnabled: 'true',
      transitEncryptionEnabled: true,
      snapshotRetentionLimit: 1,
      applyImmediately: true,
    })
    accept(group, {
      CKV_AWS_31: 'reached over TLS, and only by those whom a rule of its security group lets in',
      CKV_AWS_191: PROVIDER_KEY,
      CKV2_AWS_50: 'what a cache holds can be lost: one node',
    })
    this.url = `rediss://${group.primaryEndpointAddress}:${this.port}`
  }
}
