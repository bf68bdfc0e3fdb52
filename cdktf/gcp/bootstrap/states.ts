import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import type { SystemStack } from '../../core/system-stack.ts'

/** Where the environment's states lie. */
export interface States {
  readonly bucket: string
  /** `films/production`. */
  readonly folder: string
}

/**
 * The lock of a state is an object beside it, made only if it is absent. Reading is of the environment's own states;
 * writing is of locks for who plans, and of all states but that of bootstrap for who applies.
 */
export function grantStates(
  stack: SystemStack,
  { bucket, folder }: States,
  members: { readonly plan: string; readonly apply: string },
): void {
  const objects = `projects/_/buckets/${bucket}/objects/${folder}/`
  const below = `resource.name.startsWith('${objects}')`
  const lock = `resource.name.endsWith('.tflock')`
  const bootstrap = `resource.name.startsWith('${objects}bootstrap/')`
  // Listing is of the bucket, not of an object, and gives names alone.
  const listed = "resource.type != 'storage.googleapis.com/Object'"
  const give = (id: string, member: string, role: string, title: string, expression: string): void =>
    void new StorageBucketIamMember(stack, id, { bucket, role, member, condition: { title, expression } })
  const viewer = 'roles/storage.objectViewer'
  const user = 'roles/storage.objectUser'
  give('plan-reads-states', members.plan, viewer, 'states of the environment', `${listed} || ${below}`)
  give('plan-locks-states', members.plan, user, 'locks of the environment', `${below} && ${lock}`)
  give('apply-reads-states', members.apply, viewer, 'states of the environment', `${listed} || ${below}`)
  give(
    'apply-writes-states',
    members.apply,
    user,
    'states of the environment but bootstrap',
    `${below} && (${lock} || !${bootstrap})`,
  )
}
