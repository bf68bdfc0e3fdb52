import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js'
import type { ITerraformDependable } from 'cdktf'
import { Construct } from 'constructs'
import { DOCKER_HUB, type ImagePlace } from '../../src/domain/system/image-place.ts'
import { accept, PROVIDER_KEY } from '../core/accept.ts'

export interface RemoteRepositoryProps {
  /** `filmlens-europe-mlflow`, at most 63 characters. */
  readonly name: string
  /** Name of the image in sluice.yml. */
  readonly image: string
  /** Where Artifact Registry fetches it, as nobody. */
  readonly upstream: ImagePlace
  readonly project: string
  readonly location: string
  /** APIs that are on before it is made. */
  readonly dependsOn?: ITerraformDependable[]
}

/**
 * A repository of Artifact Registry that fetches what is asked of it from another registry, and keeps it. What runs is pulled
 * by digest and has no tag here, so nothing is removed for having none.
 *
 * @see https://cloud.google.com/artifact-registry/docs/repositories/remote-overview
 */
export class RemoteRepository extends Construct {
  readonly uri: string

  constructor(scope: Construct, id: string, props: RemoteRepositoryProps) {
    super(scope, id)
    const { name, image, upstream, project, location } = props
    const { host, repository: path } = upstream
    const repository = new ArtifactRegistryRepository(this, 'repository', {
      repositoryId: name,
      location,
      format: 'DOCKER',
      mode: 'REMOTE_REPOSITORY',
      description: `Image ${image}, fetched from ${host}`,
      remoteRepositoryConfig: {
        description: host,
        dockerRepository:
          host === DOCKER_HUB
            ? { publicRepository: 'DOCKER_HUB' }
            : { customRepository: { uri: `https://${host}` } },
      },
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' },
      ...(props.dependsOn === undefined ? {} : { dependsOn: props.dependsOn }),
    })
    accept(repository, { CKV_GCP_84: PROVIDER_KEY })
    this.uri = `${location}-docker.pkg.dev/${project}/${name}/${path}`
  }
}
