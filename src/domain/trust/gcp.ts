import { type Access, environmentsOf, subjectsOf } from './access.ts'

/**
 * What a pool knows of a token. `access` joins what one service account is bound to: were the condition of the provider ever
 * loosened, the binding would still name the repository by its id and the environment.
 *
 * https://cloud.google.com/iam/docs/workload-identity-federation#mapping
 */
export const GCP_ATTRIBUTES: Readonly<Record<string, string>> = {
  // Not the token's own subject: Google takes 127 characters, and long names have more.
  'google.subject': "assertion.repository_id + '/' + assertion.environment",
  'attribute.access': "assertion.repository_id + '/' + assertion.environment",
  'attribute.repository_id': 'assertion.repository_id',
  'attribute.repository_owner_id': 'assertion.repository_owner_id',
  'attribute.environment': 'assertion.environment',
}

/** The value of `attribute.access` of the jobs of an access in one of its environments. */
export const gcpAccess = ({ repository, environment }: Pick<Access, 'repository' | 'environment'>): string =>
  `${repository.id}/${environment}`

/** The members of bindings that are exactly these jobs. `pool` is `projects/NUMBER/locations/global/workloadIdentityPools/ID`. */
export const gcpMembers = (pool: string, access: Access): readonly string[] =>
  environmentsOf(access).map(
    (environment) =>
      `principalSet://iam.googleapis.com/${pool}/attribute.access/${gcpAccess({ ...access, environment })}`,
  )

/**
 * The condition that a token must meet to be taken at all, in CEL: equalities of whole values alone. A claim that a token
 * lacks makes it an error, which refuses. The audience is the provider's own name, which is the default.
 */
export function gcpCondition(accesses: readonly [Access, ...Access[]]): string {
  const [{ repository, workflows }] = accesses
  const subjects = accesses.flatMap(subjectsOf)
  const environments = accesses.flatMap(environmentsOf)
  return [
    `assertion.repository_id == ${quoted(repository.id)}`,
    `assertion.repository_owner_id == ${quoted(repository.ownerId)}`,
    `assertion.environment in ${list(environments)}`,
    `assertion.sub in ${list(subjects)}`,
    ...(workflows.length === 0 ? [] : [`assertion.job_workflow_ref in ${list(workflows)}`]),
  ].join(' && ')
}

const list = (values: readonly string[]): string => `[${values.map(quoted).join(', ')}]`

/** The alphabets of ids, names and references hold no quote and no backslash. */
const quoted = (value: string): string => `'${value}'`
