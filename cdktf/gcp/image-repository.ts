import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js'
import type { ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY } from '../core/accept.ts'

const DAY = 86_400

export interface ImageRepositoryProps {
  /** `filmlens-europe-api`, at most 63 characters. */
  readonly name: string
  /** Name of the image in it. */
  readonly image: string
  readonly project: string
  readonly location: string
  /**
   * Images without a tag are removed after these days.
   * @default 14
   */
  readonly untaggedDays?: number
  /**
   * The newest versions, which are never removed.
   * @default 200
   */
  readonly keep?: number
  /** APIs that are on before it is made. */
  readonly dependsOn?: ITerraformDependable[]
}

/** A repository of Artifact Registry for one image, whose tags are never moved. */
export class ImageRepository extends Construct {
  readonly uri: string

  constructor(scope: Construct, id: string, props: ImageRepositoryProps) {
    super(scope, id)
    const { name, image, project, location, untaggedDays = 14, keep = 200 } = props
    const repository = new ArtifactRegistryRepository(this, 'repository', {
      repositoryId: name,
      location,
      format: 'DOCKER',
      mode: 'STANDARD_REPOSITORY',
      description: `Image ${image}`,
      dockerConfig: { immutableTags: true },
      // https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy: what is kept wins
      cleanupPolicyDryRun: false,
      cleanupPolicies: [
        {
          id: 'untagged',
          action: 'DELETE',
          condition: { tagState: 'UNTAGGED', olderThan: `${untaggedDays * DAY}s` },
        },
        { id: 'newest', action: 'KEEP', mostRecentVersions: { keepCount: keep } },
      ],
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' },
      ...(props.dependsOn === undefined ? {} : { dependsOn: props.dependsOn }),
    })
    accept(repository, { CKV_GCP_84: PROVIDER_KEY })
    this.uri = `${location}-docker.pkg.dev/${project}/${name}/${image}`
  }
}
