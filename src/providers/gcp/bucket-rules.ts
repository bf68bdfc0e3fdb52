import * as z from 'zod'

const KEEP_DAYS = 90
const KEEP_VERSIONS = 20
/** Seconds; what is deleted, a whole bucket too, can be brought back for so long. */
const SOFT_DELETE = 7 * 86_400

/** What Cloud Storage says of a bucket, as far as it matters: https://cloud.google.com/storage/docs/json_api/v1/buckets */
export const bucketSchema = z.looseObject({
  projectNumber: z.string(),
  location: z.string(),
  metageneration: z.string(),
  iamConfiguration: z
    .looseObject({
      uniformBucketLevelAccess: z.looseObject({ enabled: z.boolean().optional() }).optional(),
      publicAccessPrevention: z.string().optional(),
    })
    .default({}),
  versioning: z.looseObject({ enabled: z.boolean().optional() }).default({}),
  softDeletePolicy: z.looseObject({ retentionDurationSeconds: z.string().optional() }).default({}),
  lifecycle: z
    .looseObject({ rule: z.array(z.record(z.string(), z.unknown())).default([]) })
    .default({ rule: [] }),
})
export type Bucket = z.infer<typeof bucketSchema>

/** Encryption and TLS are no parts: Cloud Storage has no other way. */
export const BUCKET_PARTS = [
  'uniform access',
  'public access prevention',
  'versioning',
  'soft delete',
  'lifecycle of old versions',
] as const
export type BucketPart = (typeof BUCKET_PARTS)[number]

/** The parts that are not as they must be. A stricter setting is fine. */
export function missingParts(found: Bucket): BucketPart[] {
  return BUCKET_PARTS.filter((part) => !isThere(part, found))
}

function isThere(
  part: BucketPart,
  { iamConfiguration, versioning, softDeletePolicy, lifecycle }: Bucket,
): boolean {
  switch (part) {
    case 'uniform access':
      return iamConfiguration.uniformBucketLevelAccess?.enabled === true
    case 'public access prevention':
      return iamConfiguration.publicAccessPrevention === 'enforced'
    case 'versioning':
      return versioning.enabled === true
    case 'soft delete':
      return Number(softDeletePolicy.retentionDurationSeconds ?? 0) >= SOFT_DELETE
    case 'lifecycle of old versions':
      return lifecycle.rule.some(
        (rule) => JSON.stringify(inOrder(rule)) === JSON.stringify(inOrder(OLD_VERSIONS)),
      )
    default:
      return part satisfies never
  }
}

/** What a bucket must be, beside the rules of others that it has. */
export function wantedSettings(rules: readonly Readonly<Record<string, unknown>>[] = []): object {
  return {
    iamConfiguration: {
      uniformBucketLevelAccess: { enabled: true },
      publicAccessPrevention: 'enforced',
    },
    versioning: { enabled: true },
    softDeletePolicy: { retentionDurationSeconds: String(SOFT_DELETE) },
    lifecycle: { rule: [...rules, OLD_VERSIONS] },
  }
}

/** The part of those settings that is missing. */
export function missingSettings(found: Bucket): object {
  const wanted = wantedSettings(found.lifecycle.rule) as Readonly<Record<string, unknown>>
  const missing = missingParts(found)
  const keys = Object.entries(PART_OF).filter(([, parts]) => parts.some((part) => missing.includes(part)))
  return Object.fromEntries(keys.map(([key]) => [key, wanted[key]]))
}

const PART_OF: Readonly<Record<string, readonly BucketPart[]>> = {
  iamConfiguration: ['uniform access', 'public access prevention'],
  versioning: ['versioning'],
  softDeletePolicy: ['soft delete'],
  lifecycle: ['lifecycle of old versions'],
}

/** Old versions of a state go after a time, but the newest of them stay. */
const OLD_VERSIONS = {
  action: { type: 'Delete' },
  condition: { daysSinceNoncurrentTime: KEEP_DAYS, numNewerVersions: KEEP_VERSIONS },
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, inOrder(inner)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
