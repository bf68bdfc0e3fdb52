/**
 * What a bucket for states must be, as decisions about what is there. They only ever add: a stricter setting and a rule of
 * somebody else stay.
 */
const KEEP_DAYS = 90
const KEEP_VERSIONS = 20
const UPLOAD_DAYS = 7

/** What S3 says of a bucket, as far as it matters here; undefined where nothing is set. */
export interface BucketSettings {
  readonly versioning: string | undefined
  /** Algorithms of default encryption. */
  readonly encryption: readonly string[]
  readonly publicAccess: PublicAccess | undefined
  readonly ownership: string | undefined
  /** JSON. */
  readonly policy: string | undefined
  readonly lifecycle: readonly LifecycleRule[]
}

export interface PublicAccess {
  readonly BlockPublicAcls?: boolean | undefined
  readonly IgnorePublicAcls?: boolean | undefined
  readonly BlockPublicPolicy?: boolean | undefined
  readonly RestrictPublicBuckets?: boolean | undefined
}

/** A rule as S3 has it; the fields of others are carried along. */
export type LifecycleRule = Readonly<Record<string, unknown>>

/** The parts of a bucket for states, in the order in which they are made: closed first, then kept. */
export const BUCKET_PARTS = [
  'public access block',
  'ownership enforced',
  'encryption',
  'TLS only',
  'versioning',
  'lifecycle of old versions',
] as const
export type BucketPart = (typeof BUCKET_PARTS)[number]

/** The parts that are not as they must be. */
export function missingParts(bucket: string, found: BucketSettings): BucketPart[] {
  return BUCKET_PARTS.filter((part) => !isThere(part, bucket, found))
}

function isThere(part: BucketPart, bucket: string, found: BucketSettings): boolean {
  switch (part) {
    case 'public access block':
      return (
        found.publicAccess?.BlockPublicAcls === true &&
        found.publicAccess.IgnorePublicAcls === true &&
        found.publicAccess.BlockPublicPolicy === true &&
        found.publicAccess.RestrictPublicBuckets === true
      )
    case 'ownership enforced':
      return found.ownership === 'BucketOwnerEnforced'
    case 'encryption':
      return found.encryption.length > 0
    case 'TLS only':
      return statements(found.policy).some((statement) => refusesPlainHttp(statement, bucket))
    case 'versioning':
      return found.versioning === 'Enabled'
    case 'lifecycle of old versions':
      return found.lifecycle.some(({ ID, Status }) => ID === OLD_VERSIONS && Status === 'Enabled')
    default:
      return part satisfies never
  }
}

/** The policy with the refusal of plain HTTP; statements of others stay. */
export function tlsOnlyPolicy(bucket: string, found: string | undefined): string {
  const kept = statements(found).filter((statement) => statement['Sid'] !== TLS_ONLY)
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      ...kept,
      {
        Sid: TLS_ONLY,
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  })
}

/** The rules with ours: old versions of a state go after a time, but the newest of them stay. */
export function lifecycleRules(found: readonly LifecycleRule[]): LifecycleRule[] {
  return [
    ...found.filter(({ ID }) => ID !== OLD_VERSIONS),
    {
      ID: OLD_VERSIONS,
      Status: 'Enabled',
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: KEEP_DAYS, NewerNoncurrentVersions: KEEP_VERSIONS },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: UPLOAD_DAYS },
    },
  ]
}

const OLD_VERSIONS = 'sluice-old-versions'
const TLS_ONLY = 'SluiceTlsOnly'

type Statement = Readonly<Record<string, unknown>>

function statements(policy: string | undefined): readonly Statement[] {
  if (policy === undefined || policy === '') return []
  const { Statement = [] } = JSON.parse(policy) as { readonly Statement?: Statement | readonly Statement[] }
  return Array.isArray(Statement) ? (Statement as readonly Statement[]) : [Statement as Statement]
}

/** Whatever way it is written: one value or a list of one, text or boolean. */
function refusesPlainHttp(statement: Statement, bucket: string): boolean {
  const { Effect, Principal, Action, Resource, Condition } = statement
  const { Bool, ...others } = (Condition ?? {}) as { readonly Bool?: Readonly<Record<string, unknown>> }
  const who =
    typeof Principal === 'object' && Principal !== null && 'AWS' in Principal ? Principal.AWS : Principal
  const resources = many(Resource)
  return (
    Effect === 'Deny' &&
    many(who).includes('*') &&
    many(Action).some((action) => action === 's3:*' || action === '*') &&
    resources.includes(`arn:aws:s3:::${bucket}`) &&
    resources.includes(`arn:aws:s3:::${bucket}/*`) &&
    Object.keys(others).length === 0 &&
    Object.keys(Bool ?? {}).length === 1 &&
    many(Bool?.['aws:SecureTransport']).every((value) => String(value) === 'false')
  )
}

const many = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])
