import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js'
import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js'
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY } from '../core/accept.ts'
import { within } from '../core/short-hash.ts'
import { StorageBucket } from './storage-bucket.ts'

export interface FunctionBuilderProps {
  /** What its parts begin with: `films-europe`. */
  readonly name: string
  readonly project: string
  readonly region: string
}

/**
 * Where the code of functions is put, and what builds it: a service account that reads the code, writes one repository and
 * its logs, and nothing else. Without it, Google builds as the account that owns the whole project.
 */
export class FunctionBuilder extends Construct {
  readonly bucket: string
  /** `projects/<project>/serviceAccounts/<address>`. */
  readonly serviceAccount: string
  readonly repository: string

  constructor(scope: Construct, id: string, { name, project, region }: FunctionBuilderProps) {
    super(scope, id)
    const sources = new StorageBucket(this, 'sources', {
      name: `${name}-sources-${project}`,
      location: region,
      protect: false,
    })
    const account = new ServiceAccount(this, 'account', {
      accountId: within(`${name}-builder`, 30),
      displayName: `Builds functions of ${name}`,
    })
    const repository = new ArtifactRegistryRepository(this, 'repository', {
      repositoryId: `${name}-functions`,
      location: region,
      format: 'DOCKER',
      description: `Functions of ${name}, built from source`,
    })
    accept(repository, { CKV_GCP_84: PROVIDER_KEY })
    this.bucket = sources.name
    this.serviceAccount = account.id
    this.repository = repository.id
    new StorageBucketIamMember(this, 'reads', {
      bucket: sources.name,
      role: 'roles/storage.objectViewer',
      member: account.member,
      dependsOn: [sources.made],
    })
    new ArtifactRegistryRepositoryIamMember(this, 'writes', {
      location: region,
      repository: repository.name,
      role: 'roles/artifactregistry.writer',
      member: account.member,
    })
    new ProjectIamMember(this, 'logs', {
      project,
      role: 'roles/logging.logWriter',
      member: account.member,
    })
  }
}
