/**
 * The names that AWS knows resources by. They depend on the system, the environment and the resource alone, so an edit
 * elsewhere never renames anything.
 */

/** What a kind's name may measure, and what it may be made of beside a-z, 0-9 and "-". */
export const AWS_NAME_LIMITS = {
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  buckets: 63,
  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  functions: 64,
  // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
  databases: 63,
  // https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
  caches: 40,
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
  services: 255,
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html; the dead letters add 5
  topics: 75,
  // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
  tables: 255,
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
  workers: 128,
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
  apis: 128,
} as const
export type AwsKind = keyof typeof AWS_NAME_LIMITS

export interface AwsScope {
  readonly system: string
  readonly environment: string
  /** 12 digits. */
  readonly account: string
}

/** `filmlens-production-api`; buckets, whose names are the world's, end with the account. */
export function awsName(scope: AwsScope, kind: AwsKind, name: string): string {
  const plain = dashed(`${scope.system}-${scope.environment}-${name}`)
  return kind === 'buckets' ? `${plain}-${scope.account}` : plain
}

/** "." and "_" are not letters of every kind's names. */
export function dashed(name: string): string {
  return name.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
}

/** `filmlens-production`: what all of an environment's own names begin with. */
export function awsPrefix(scope: Pick<AwsScope, 'system' | 'environment'>): string {
  return dashed(`${scope.system}-${scope.environment}`)
}

/** ECR repository of an image. */
export function awsRepository(scope: Pick<AwsScope, 'system' | 'environment'>, image: string): string {
  return `${awsPrefix(scope)}/${image}`
}

/** The bucket of an environment's ledger, which `foundation` makes: known before any stack is applied. */
export function awsLedgerBucket(scope: AwsScope): string {
  return `${awsPrefix(scope)}-ledger-${scope.account}`
}
