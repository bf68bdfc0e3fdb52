import type { ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'
import type { Statement } from '../core/policy.ts'
import { StorageBucket } from './storage-bucket.ts'

const DAY = 86_400_000

export interface LogArchiveProps {
  /** Unique in the world. */
  readonly name: string
  readonly account: string
  readonly region: string
  /**
   * Days that logs are kept.
   * @default 90
   */
  readonly days?: number
}

/** Where the network and the load balancer of an environment write who came and what was asked. It goes with them. */
export class LogArchive extends Construct {
  readonly bucket: string
  /** What waits until logs may be written. */
  readonly ready: ITerraformDependable

  constructor(scope: Construct, id: string, { name, account, region, days = 90 }: LogArchiveProps) {
    super(scope, id)
    const bucket = new StorageBucket(this, 'bucket', {
      name,
      expire: days * DAY,
      protect: false,
      statements: [fromBalancer(name, account), ...fromNetwork(name, account, region)],
    })
    this.bucket = bucket.name
    this.ready = bucket.ready
  }
}

/** Prefixes in the bucket. */
export const BALANCER_LOGS = 'balancer'
export const NETWORK_LOGS = 'network'

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html */
function fromBalancer(bucket: string, account: string): Statement {
  return {
    principals: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
    actions: ['s3:PutObject'],
    resources: [`arn:aws:s3:::${bucket}/${BALANCER_LOGS}/AWSLogs/${account}/*`],
  }
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html */
function fromNetwork(bucket: string, account: string, region: string): Statement[] {
  const principals = { Service: 'delivery.logs.amazonaws.com' }
  const ours = {
    StringEquals: { 'aws:SourceAccount': account },
    ArnLike: { 'aws:SourceArn': `arn:aws:logs:${region}:${account}:*` },
  }
  return [
    {
      principals,
      actions: ['s3:PutObject'],
      resources: [`arn:aws:s3:::${bucket}/${NETWORK_LOGS}/AWSLogs/${account}/*`],
      conditions: {
        ...ours,
        StringEquals: { ...ours.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' },
      },
    },
    { principals, actions: ['s3:GetBucketAcl'], resources: [`arn:aws:s3:::${bucket}`], conditions: ours },
  ]
}
