import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js'
import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js'
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js'
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js'
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import type { ITerraformDependable } from 'cdktf'
import type { Construct } from 'constructs'

/** One permission, on one thing. What can only be given on a project is narrowed by a condition. */
export type Permission =
  /** Objects of a bucket, or those whose names begin so. */
  | {
      readonly on: 'bucket'
      readonly bucket: string
      readonly may: 'read' | 'write'
      readonly prefix?: string
    }
  /** `projects/<project>/secrets/<name>`. */
  | { readonly on: 'secret'; readonly secret: string }
  /** Publishing. */
  | { readonly on: 'topic'; readonly topic: string }
  /** Calling a service of Cloud Run. */
  | { readonly on: 'service'; readonly service: string; readonly location: string }
  /** Starting something that runs as this account. */
  | { readonly on: 'account'; readonly account: string }
  /** Pulling images. */
  | { readonly on: 'repository'; readonly repository: string; readonly location: string }
  | {
      readonly on: 'project'
      readonly project: string
      readonly role: string
      /** https://cloud.google.com/iam/docs/conditions-overview */
      readonly only: { readonly title: string; readonly expression: string }
    }

/** Lets a member (`serviceAccount:...`) do one thing. It stands in the stack of who asks, `scope`. */
export function grant(
  scope: Construct,
  id: string,
  member: string,
  permission: Permission,
): ITerraformDependable {
  switch (permission.on) {
    case 'bucket': {
      const { bucket, may, prefix = '' } = permission
      const role = may === 'write' ? 'roles/storage.objectUser' : 'roles/storage.objectViewer'
      return new StorageBucketIamMember(scope, id, {
        bucket,
        role,
        member,
        ...(prefix === '' ? {} : { condition: onlyBelow(bucket, prefix) }),
      })
    }
    case 'secret': {
      const { secret } = permission
      const role = 'roles/secretmanager.secretAccessor'
      return new SecretManagerSecretIamMember(scope, id, { secretId: secret, role, member })
    }
    case 'topic':
      return new PubsubTopicIamMember(scope, id, {
        topic: permission.topic,
        role: 'roles/pubsub.publisher',
        member,
      })
    case 'service': {
      const { service, location } = permission
      return new CloudRunV2ServiceIamMember(scope, id, {
        name: service,
        location,
        role: 'roles/run.invoker',
        member,
      })
    }
    case 'account':
      return new ServiceAccountIamMember(scope, id, {
        serviceAccountId: permission.account,
        role: 'roles/iam.serviceAccountUser',
        member,
      })
    case 'repository': {
      const { repository, location } = permission
      const role = 'roles/artifactregistry.reader'
      return new ArtifactRegistryRepositoryIamMember(scope, id, { repository, location, role, member })
    }
    case 'project': {
      const { project, role, only } = permission
      return new ProjectIamMember(scope, id, { project, role, member, condition: only })
    }
    default:
      return permission satisfies never
  }
}

/**
 * Objects below a prefix; their names alone can be listed without one
 * (https://cloud.google.com/storage/docs/access-control/iam#conditions).
 */
function onlyBelow(bucket: string, prefix: string): { title: string; expression: string } {
  const below = JSON.stringify(`projects/_/buckets/${bucket}/objects/${prefix}`)
  return {
    title: `below ${prefix}`.slice(0, 100),
    expression: `resource.type != "storage.googleapis.com/Object" || resource.name.startsWith(${below})`,
  }
}
