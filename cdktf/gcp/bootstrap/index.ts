import { IamWorkloadIdentityPool } from '@cdktf/provider-google/lib/iam-workload-identity-pool/index.js'
import { IamWorkloadIdentityPoolProvider } from '@cdktf/provider-google/lib/iam-workload-identity-pool-provider/index.js'
import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js'
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js'
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js'
import { App, TerraformOutput } from 'cdktf'
import { bug } from '../../../src/domain/error.ts'
import { gcpPrefix } from '../../../src/domain/names/gcp-names.ts'
import type { Bootstrap, Logins } from '../../../src/domain/stacks/bootstrapper.ts'
import { gcpStateBucket } from '../../../src/domain/stacks/state-buckets.ts'
import type { Stack } from '../../../src/domain/stacks/synthesizer.ts'
import { type Access, GITHUB_ISSUER } from '../../../src/domain/trust/access.ts'
import { GCP_ATTRIBUTES, gcpCondition, gcpMembers } from '../../../src/domain/trust/gcp.ts'
import { literals } from '../../core/literal.ts'
import { within } from '../../core/short-hash.ts'
import { stacksOf } from '../../core/stacks-of.ts'
import { SystemStack } from '../../core/system-stack.ts'
import { EnabledApis } from '../enabled-apis.ts'
import { ServiceAccount } from '../service-account.ts'
import {
  APPLY_ROLES,
  GRANTED_ON_PROJECT,
  onlyThoseGrants,
  PLAN_PERMISSIONS,
  PLAN_ROLES,
} from './permissions.ts'
import { grantStates } from './states.ts'

/** What logins and grants need; stacks of the system switch on the others. */
const APIS: readonly string[] = ['cloudresourcemanager', 'iam', 'iamcredentials', 'serviceusage', 'sts']

/** The pool of identities, the accounts and what they may do. An administrator applies it by `sluice bootstrap`. */
export function bootstrapGcp(input: Bootstrap): { stack: Stack; logins: Logins } {
  const { system, accesses } = literals(input)
  const { region, project, name: environment } = system.environment
  if (region === undefined || project === undefined) {
    throw bug(`environment ${environment} came to the compiler without region or project`)
  }
  const prefix = gcpPrefix({ system: system.name, environment })
  const bucket = gcpStateBucket({ project, location: region })
  const folder = `${system.name}/${environment}`
  const app = new App({ stackTraces: false, outdir: '.', skipValidation: true })
  const stack = new SystemStack(app, 'bootstrap', {
    state: { kind: 'gcs', bucket, prefix: folder },
    targets: { schema: 'sluice.targets/v1', system: system.name, environment, region },
  })
  new GoogleProvider(stack, 'google', { project, region, addTerraformAttributionLabel: false })
  const { all } = new EnabledApis(stack, 'apis', APIS)
  const dependsOn = [...all]
  const pool = new IamWorkloadIdentityPool(stack, 'pool', {
    // Google keeps names that begin with "gcp-" for itself.
    workloadIdentityPoolId: within(`sluice-${prefix}`, 32),
    displayName: within(prefix, 32),
    description: `Jobs that work on ${system.name} in ${environment}`,
    dependsOn,
  })
  const provider = new IamWorkloadIdentityPoolProvider(stack, 'github', {
    workloadIdentityPoolId: pool.workloadIdentityPoolId,
    workloadIdentityPoolProviderId: 'github',
    displayName: 'GitHub Actions',
    attributeCondition: gcpCondition([accesses.plan, accesses.apply]),
    oidc: { issuerUri: `https://${GITHUB_ISSUER}` },
  })
  // As an override: cdktf writes the keys of maps with "_".
  provider.addOverride('attribute_mapping', { ...GCP_ATTRIBUTES })
  const account = (kind: 'plan' | 'apply', access: Access): ServiceAccount => {
    const made = new ServiceAccount(stack, kind, {
      name: `${prefix}-${kind}`,
      description: `Jobs in environment ${access.environment}`,
    })
    for (const [index, member] of gcpMembers(pool.name, access).entries()) {
      new ServiceAccountIamMember(stack, index === 0 ? `${kind}-login` : `${kind}-login-${index + 1}`, {
        serviceAccountId: made.name,
        role: 'roles/iam.workloadIdentityUser',
        member,
      })
    }
    return made
  }
  const plan = account('plan', accesses.plan)
  const apply = account('apply', accesses.apply)
  const looks = new ProjectIamCustomRole(stack, 'looks', {
    roleId: `${prefix}-plan`.replaceAll('-', '_'),
    title: `Plans of ${system.name} in ${environment}`,
    permissions: [...PLAN_PERMISSIONS],
    dependsOn,
  })
  const grant = (
    id: string,
    member: string,
    role: string,
    condition?: { title: string; expression: string },
  ): void =>
    void new ProjectIamMember(stack, id, {
      project,
      role,
      member,
      ...(condition === undefined ? {} : { condition }),
    })
  const short = (role: string): string => role.replace('roles/', '').replaceAll('.', '-')
  // Who applies also refreshes, so both look.
  for (const role of PLAN_ROLES) grant(`plan-${short(role)}`, plan.member, role)
  for (const role of [...PLAN_ROLES, ...APPLY_ROLES]) grant(`apply-${short(role)}`, apply.member, role)
  grant('plan-looks', plan.member, looks.name)
  grant('apply-looks', apply.member, looks.name)
  grant('apply-grants', apply.member, 'roles/resourcemanager.projectIamAdmin', {
    title: 'only roles that stacks grant',
    expression: onlyThoseGrants(GRANTED_ON_PROJECT),
  })
  // Buckets of the system alone, by their names: not the one with the states.
  grant('apply-buckets', apply.member, 'roles/storage.admin', {
    title: 'buckets of the environment',
    expression: `resource.name.startsWith('projects/_/buckets/${prefix}-')`,
  })
  grantStates(stack, { bucket, folder }, { plan: plan.member, apply: apply.member })
  new TerraformOutput(stack, 'logins', {
    value: { provider: provider.name, plan: plan.email, apply: apply.email },
  })
  const [made] = stacksOf(app)
  if (made === undefined) throw bug('the app of bootstrap has no stack')
  const login = (kind: 'plan' | 'apply'): string =>
    `${within(`${prefix}-${kind}`, 30)}@${project}.iam.gserviceaccount.com`
  return { stack: made, logins: { plan: login('plan'), apply: login('apply') } }
}
