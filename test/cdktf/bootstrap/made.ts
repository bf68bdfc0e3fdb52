import { bootstrapper } from '../../../cdktf/bootstrap.ts'
import { loadSystem } from '../../../src/config/load.ts'
import { accessesOf } from '../../../src/domain/trust/access.ts'
import { MemoryFiles } from '../../../src/runtime/fake/files.ts'
import type { Resources } from '../stack.ts'
import { type PolicyStatement, statementsOf } from './policy.ts'

const FILE = `system: films
environments:
  production: { cloud: aws, region: eu-west-1, account: "222222222222" }
  pr: { cloud: aws, region: eu-west-1, account: "222222222222", preview: { keep: 3d } }
  europe: { cloud: gcp, region: europe-west1, project: films-1 }
`

export const made = async (environment: 'production' | 'pr' | 'europe') => {
  const files = new MemoryFiles({ '/project/sluice.yml': FILE })
  const { system } = await loadSystem(files, '/project/sluice.yml', environment, '/project')
  const repository = { owner: 'octo', name: 'films', ownerId: '11', id: '77' }
  const accesses = accessesOf(environment, { repository, workflows: [], legacySubject: false })
  return bootstrapper.bootstrap({ system, accesses })
}

/** The policies of one of the roles, or the boundary. */
export async function permissions(
  of: 'plan' | 'apply' | 'boundary',
  environment: 'production' | 'pr' = 'production',
): Promise<readonly PolicyStatement[]> {
  const { stack } = await made(environment)
  const policies = Object.entries((stack.json['resource'] as Resources)['aws_iam_policy'] ?? {})
  const own = policies.filter(([id]) => id === of || id.startsWith(`${of}-`))
  return statementsOf(own.map(([, { policy }]) => String(policy)))
}
