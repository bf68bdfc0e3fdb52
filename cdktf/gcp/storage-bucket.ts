import { StorageBucket as Bucket } from '@cdktf/provider-google/lib/storage-bucket/index.js'
import { Construct } from 'constructs'
import { accept, when } from '../core/accept.ts'

const DAY = 86_400_000
const WEEK_IN_SECONDS = 604_800

export interface StorageBucketProps {
  /** Unique in the world. */
  readonly name: string
  /** Region, or multi-region such as `EU`. */
  readonly location: string
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
   * Id of the key of Cloud KMS that encrypts it.
   * @default a key of Google's
   */
  readonly kmsKey?: string
}

/**
 * A bucket of Cloud Storage: never public, permissions on the bucket alone, and what is deleted can be had again for a week.
 */
export class StorageBucket extends Construct {
  readonly name: string
  readonly uri: string
  /** What waits for the bucket to exist. */
  readonly made: Bucket

  constructor(scope: Construct, id: string, props: StorageBucketProps) {
    super(scope, id)
    const { name, location, versioned = false, expire, protect = true, kmsKey } = props
    this.made = new Bucket(this, 'bucket', {
      name,
      location,
      storageClass: 'STANDARD',
      forceDestroy: !protect,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      versioning: { enabled: versioned },
      softDeletePolicy: { retentionDurationSeconds: WEEK_IN_SECONDS },
      ...(kmsKey === undefined ? {} : { encryption: { defaultKmsKeyName: kmsKey } }),
      lifecycleRule: [
        { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
        ...(versioned
          ? [
              {
                action: { type: 'Delete' },
                condition: { daysSinceNoncurrentTime: 90, withState: 'ARCHIVED' },
              },
            ]
          : []),
        ...(expire === undefined
          ? []
          : [
              {
                action: { type: 'Delete' },
                condition: { age: Math.round(expire / DAY), withState: 'LIVE' },
              },
            ]),
      ],
      lifecycle: { preventDestroy: protect },
    })
    accept(this.made, {
      CKV_GCP_62:
        'who reads objects is in the audit log where data access is on; a log bucket for every bucket is not',
      ...when(!versioned, {
        CKV_GCP_78: 'overwritten objects are kept where buckets.<name>.versioned says so',
      }),
    })
    // Known before it exists: whoever may reach it needs nothing of this stack's state.
    this.name = name
    this.uri = `gs://${name}`
  }
}
