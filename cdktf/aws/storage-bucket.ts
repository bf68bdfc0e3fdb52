import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js'
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js'
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js'
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy/index.js'
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js'
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js'
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js'
import type { ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY, when } from '../core/accept.ts'
import { policyDocument, type Statement } from '../core/policy.ts'

const DAY = 86_400_000

export interface StorageBucketProps {
  /** Unique in the world. */
  readonly name: string
  /**
   * Keeps what is overwritten, for 90 days.
   * @default false
   */
  readonly versioned?: boolean
  /**
   * Objects older than this many milliseconds are removed.
   * @default never
   */
  readonly expire?: number
  /**
   * Cannot be deleted; without it, even a full bucket goes.
   * @default true
   */
  readonly protect?: boolean
  /**
   * Who else may do what, beside the roles of this account.
   * @default nobody
   */
  readonly statements?: readonly Statement[]
}

/** An S3 bucket: encrypted, closed to the public, reached over TLS only, owned by its account alone. */
export class StorageBucket extends Construct {
  readonly name: string
  readonly arn: string
  readonly uri: string
  /** What waits for its policy. */
  readonly ready: ITerraformDependable

  constructor(scope: Construct, id: string, props: StorageBucketProps) {
    super(scope, id)
    const { name, versioned = false, expire, protect = true, statements = [] } = props
    const bucket = new S3Bucket(this, 'bucket', {
      bucket: name,
      forceDestroy: !protect,
      lifecycle: { preventDestroy: protect },
    })
    accept(bucket, {
      CKV_AWS_18:
        'who reads objects is in CloudTrail where data events are on; a log bucket for every bucket is not',
      ...when(!versioned, {
        CKV_AWS_21: 'overwritten objects are kept where buckets.<name>.versioned says so',
      }),
      CKV_AWS_144: 'an environment is in one region; a copy in another is a decision that no default takes',
      CKV_AWS_145: PROVIDER_KEY,
      CKV2_AWS_62: 'nothing listens: pipelines look at their inputs when they run',
    })
    // Known before it exists: whoever may reach it needs nothing of this stack's state.
    this.name = name
    this.arn = `arn:aws:s3:::${name}`
    this.uri = `s3://${name}`
    new S3BucketPublicAccessBlock(this, 'closed', {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    })
    new S3BucketOwnershipControls(this, 'owner', {
      bucket: bucket.id,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    })
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    })
    this.ready = new S3BucketPolicy(this, 'tls', {
      bucket: bucket.id,
      policy: policyDocument([
        {
          effect: 'Deny',
          principals: '*',
          actions: ['s3:*'],
          resources: [this.arn, `${this.arn}/*`],
          conditions: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        ...statements,
      ]),
    })
    if (versioned) {
      new S3BucketVersioningA(this, 'versions', {
        bucket: bucket.id,
        versioningConfiguration: { status: 'Enabled' },
      })
    }
    new S3BucketLifecycleConfiguration(this, 'lifecycle', {
      bucket: bucket.id,
      rule: [
        {
          id: 'uploads',
          status: 'Enabled',
          filter: [{ prefix: '' }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
        },
        ...(versioned
          ? [
              {
                id: 'overwritten',
                status: 'Enabled',
                filter: [{ prefix: '' }],
                noncurrentVersionExpiration: [{ noncurrentDays: 90 }],
              },
            ]
          : []),
        ...(expire === undefined
          ? []
          : [
              {
                id: 'expire',
                status: 'Enabled',
                filter: [{ prefix: '' }],
                expiration: [{ days: Math.round(expire / DAY) }],
              },
            ]),
      ],
    })
  }
}
