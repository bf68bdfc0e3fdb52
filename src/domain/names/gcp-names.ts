/**
 * The names that Google Cloud knows resources by. They depend on the system, the environment and the resource alone, so an
 * edit elsewhere never renames anything.
 */
import { dashed } from './aws-names.ts'

/** What a kind's name may measure. All are made of a-z, 0-9 and "-", and begin with a letter. */
export const GCP_NAME_LIMITS = {
  // https://cloud.google.com/storage/docs/buckets#naming
  buckets: 63,
  // https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/create: fewer than 50
  services: 49,
  // They are services of Cloud Run.
  functions: 49,
  // https://cloud.google.com/api-gateway/docs/reference/rest/v1/projects.locations.apis/create
  apis: 63,
  // https://cloud.google.com/sql/docs/postgres/instance-settings: 98 with the project's id and a colon
  databases: 67,
  // https://cloud.google.com/memorystore/docs/valkey/reference/rest/v1/projects.locations.instances/create
  caches: 63,
  // https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names; the dead letters add 5
  topics: 250,
  // https://cloud.google.com/firestore/docs/manage-databases: 4 to 63
  tables: 63,
  // https://cloud.google.com/compute/docs/naming-resources: 63, and the machines add 9
  workers: 54,
} as const
export type GcpKind = keyof typeof GCP_NAME_LIMITS

export interface GcpScope {
  readonly system: string
  readonly environment: string
  /** Id of the project. */
  readonly project: string
}

/** `filmlens-europe-api`; buckets, whose names are the world's, end with the project. */
export function gcpName(scope: GcpScope, kind: GcpKind, name: string): string {
  const plain = dashed(`${scope.system}-${scope.environment}-${name}`)
  return kind === 'buckets' ? `${plain}-${scope.project}` : plain
}

/** `filmlens-europe`: what all of an environment's own names begin with. */
export function gcpPrefix(scope: Pick<GcpScope, 'system' | 'environment'>): string {
  return dashed(`${scope.system}-${scope.environment}`)
}

/** Artifact Registry repository of an image; the image in it has the name `image`. */
export function gcpRepository(scope: Pick<GcpScope, 'system' | 'environment'>, image: string): string {
  return dashed(`${scope.system}-${scope.environment}-${image}`)
}

/** A step of a pipeline as a job of Cloud Run: `filmlens-europe-sentiment-extract`. */
export function gcpStep(
  scope: Pick<GcpScope, 'system' | 'environment'>,
  pipeline: string,
  step: string,
): string {
  return dashed(`${scope.system}-${scope.environment}-${pipeline}-${step}`)
}

/**
 * Id in Secret Manager of a name in sluice.yml: `filmlens/tmdb` -> `filmlens-tmdb`
 * (https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create: letters, digits, "-" and "_").
 */
export function gcpSecret(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, '-')
}

/** The managed zone of Cloud DNS that holds a domain, as Google's console proposes it: `films.example` -> `films-example`. */
export function gcpZone(domain: string): string {
  return dashed(domain)
}
