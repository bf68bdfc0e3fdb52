/**
 * What the two accounts may do in the project. Google has no boundary around a grant, so a project holds one system, and
 * granting is narrowed to the roles that our stacks grant.
 */

/**
 * Looking, for a refresh: each describes resources of one service and none reads what users have stored. Not
 * `roles/viewer`, which reads the objects of every bucket, nor the readers of Artifact Registry and Firestore.
 */
export const PLAN_ROLES: readonly string[] = [
  'roles/certificatemanager.viewer',
  'roles/cloudfunctions.viewer',
  'roles/cloudsql.viewer',
  'roles/compute.networkViewer',
  'roles/dns.reader',
  'roles/iam.serviceAccountViewer',
  'roles/memorystore.viewer',
  'roles/monitoring.viewer',
  'roles/pubsub.viewer',
  'roles/run.viewer',
  'roles/secretmanager.viewer',
  'roles/serviceusage.serviceUsageViewer',
]

/** What those roles lack, or what comes only with data in Google's own. */
export const PLAN_PERMISSIONS: readonly string[] = [
  'artifactregistry.repositories.get',
  'artifactregistry.repositories.getIamPolicy',
  'artifactregistry.repositories.list',
  'compute.instanceTemplates.get',
  'compute.instanceTemplates.list',
  'compute.subnetworks.getIamPolicy',
  'datastore.databases.getMetadata',
  'datastore.indexes.get',
  'datastore.indexes.list',
  'iam.serviceAccounts.getIamPolicy',
  'networkconnectivity.serviceConnectionPolicies.get',
  'pubsub.subscriptions.getIamPolicy',
  'pubsub.topics.getIamPolicy',
  'resourcemanager.projects.get',
  'resourcemanager.projects.getIamPolicy',
  'run.services.getIamPolicy',
  'secretmanager.secrets.getIamPolicy',
  'servicenetworking.services.get',
  'storage.buckets.get',
  'storage.buckets.getIamPolicy',
  'storage.objects.getIamPolicy',
]

/** Making, changing and removing, one service each; and releases: images, revisions, jobs, objects. */
export const APPLY_ROLES: readonly string[] = [
  'roles/aiplatform.user',
  'roles/artifactregistry.admin',
  'roles/certificatemanager.owner',
  'roles/cloudfunctions.admin',
  'roles/cloudsql.admin',
  'roles/compute.instanceAdmin.v1',
  'roles/compute.loadBalancerAdmin',
  'roles/compute.networkAdmin',
  'roles/compute.securityAdmin',
  'roles/datastore.owner',
  'roles/dns.admin',
  // Accounts of the system are made and given to what runs; keys of them are not among it.
  'roles/iam.serviceAccountCreator',
  'roles/iam.serviceAccountDeleter',
  'roles/iam.serviceAccountUser',
  'roles/logging.viewer',
  'roles/memorystore.admin',
  'roles/monitoring.editor',
  'roles/networkconnectivity.consumerNetworkAdmin',
  'roles/pubsub.admin',
  'roles/run.admin',
  'roles/secretmanager.admin',
  'roles/servicenetworking.networksAdmin',
  'roles/serviceusage.serviceUsageAdmin',
]

/** The roles that our stacks grant on the project itself. Whoever applies may grant these and no others. */
export const GRANTED_ON_PROJECT: readonly string[] = [
  'roles/aiplatform.user',
  'roles/cloudsql.client',
  'roles/cloudsql.instanceUser',
  'roles/compute.instanceAdmin.v1',
  'roles/datastore.user',
  'roles/logging.logWriter',
  'roles/monitoring.metricWriter',
]

/** https://cloud.google.com/iam/docs/setting-limits-on-granting-roles */
export const onlyThoseGrants = (roles: readonly string[]): string =>
  `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([${roles.map((role) => `'${role}'`).join(', ')}])`
