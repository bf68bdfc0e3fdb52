import { describe, expect, test } from 'vitest'
import { type Access, accessesOf, parseWorkflow, subjectsOf } from '../../../src/domain/trust/access.ts'
import { AWS_AUDIENCE, awsIdentityProvider, awsTrustPolicy } from '../../../src/domain/trust/aws.ts'
import { GCP_ATTRIBUTES, gcpCondition, gcpMembers } from '../../../src/domain/trust/gcp.ts'
import { parseRepository } from '../../../src/domain/trust/repository.ts'
import { impersonable, type PoolProvider } from './cel.ts'
import { assumable, type Claims } from './iam.ts'

const REPOSITORY = { owner: 'octo', name: 'films', ownerId: '11', id: '77' } as const
const WORKFLOW = 'octo/films/.github/workflows/deploy.yml@refs/heads/main'
const POOL = 'projects/123456/locations/global/workloadIdentityPools/films-production'
const AUDIENCES = { aws: AWS_AUDIENCE, gcp: `https://iam.googleapis.com/${POOL}/providers/github` } as const
const ACCOUNT = '222222222222'

/** The token of a job of octo/films that runs in an environment on GitHub. */
const token = (claims: Claims = {}): Claims => {
  const environment = claims['environment'] ?? 'production'
  return {
    sub: `repo:octo@11/films@77:environment:${environment}`,
    repository: 'octo/films',
    repository_id: '77',
    repository_owner: 'octo',
    repository_owner_id: '11',
    environment,
    ref: 'refs/heads/main',
    job_workflow_ref: WORKFLOW,
    event_name: 'workflow_dispatch',
    ...claims,
  }
}

const without = (claims: Claims, ...names: string[]): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))

interface Fixture {
  readonly what: string
  readonly claims: Claims
  /** The roles it gets. */
  readonly gets: readonly ('plan' | 'apply')[]
  /** Where this differs from the default: no workflow, no migration. */
  readonly trusted?: Partial<Pick<Access, 'workflows' | 'legacySubject'>>
}

const LEGACY = 'repo:octo/films:environment:production'
const FIXTURES: readonly Fixture[] = [
  { what: 'a job of the environment', claims: token(), gets: ['apply'] },
  {
    what: 'a job of the environment for plans',
    claims: token({ environment: 'production-plan' }),
    gets: ['plan'],
  },
  {
    what: 'a pull request in the environment for plans',
    claims: token({
      environment: 'production-plan',
      event_name: 'pull_request',
      ref: 'refs/pull/7/merge',
      job_workflow_ref: 'octo/films/.github/workflows/deploy.yml@refs/pull/7/merge',
    }),
    gets: ['plan'],
  },
  {
    what: 'a job of a trusted workflow',
    claims: token(),
    trusted: { workflows: ['octo/other/.github/workflows/x.yml@refs/tags/v1', WORKFLOW] },
    gets: ['apply'],
  },
  {
    what: 'a fork',
    claims: token({
      sub: 'repo:mallory@99/films@88:environment:production',
      repository: 'mallory/films',
      repository_id: '88',
      repository_owner: 'mallory',
      repository_owner_id: '99',
    }),
    gets: [],
  },
  {
    what: 'another repository of the owner',
    claims: token({
      sub: 'repo:octo@11/other@78:environment:production',
      repository: 'octo/other',
      repository_id: '78',
    }),
    gets: [],
  },
  {
    what: 'a repository whose name begins with ours',
    claims: token({
      sub: 'repo:octo@11/films-2@79:environment:production',
      repository: 'octo/films-2',
      repository_id: '79',
    }),
    gets: [],
  },
  {
    what: 'an owner whose name ends with ours',
    claims: token({
      sub: 'repo:not-octo@12/films@80:environment:production',
      repository: 'not-octo/films',
      repository_id: '80',
      repository_owner_id: '12',
    }),
    gets: [],
  },
  {
    what: 'a deleted repository, made again by its owner',
    claims: token({ sub: 'repo:octo@11/films@90:environment:production', repository_id: '90' }),
    gets: [],
  },
  {
    what: 'a recycled owner with the same names',
    claims: token({
      sub: 'repo:octo@55/films@91:environment:production',
      repository_id: '91',
      repository_owner_id: '55',
    }),
    gets: [],
  },
  {
    what: 'a recycled owner with the same names and the legacy subject',
    claims: token({ sub: LEGACY, repository_id: '91', repository_owner_id: '55' }),
    gets: [],
  },
  {
    what: 'a recycled owner with the legacy subject, during the migration',
    claims: token({ sub: LEGACY, repository_id: '91', repository_owner_id: '55' }),
    trusted: { legacySubject: true },
    gets: [],
  },
  {
    what: 'our repository after it was renamed, until bootstrap runs again',
    claims: token({ sub: 'repo:octo@11/movies@77:environment:production', repository: 'octo/movies' }),
    gets: [],
  },
  {
    what: 'our repository after its owner was renamed, until bootstrap runs again',
    claims: token({ sub: 'repo:hexa@11/films@77:environment:production', repository_owner: 'hexa' }),
    gets: [],
  },
  {
    what: 'our repository after it was given to another owner',
    claims: token({ sub: 'repo:mallory@99/films@77:environment:production', repository_owner_id: '99' }),
    gets: [],
  },
  { what: 'the legacy subject', claims: token({ sub: LEGACY }), gets: [] },
  {
    what: 'the legacy subject, during the migration',
    claims: token({ sub: LEGACY }),
    trusted: { legacySubject: true },
    gets: ['apply'],
  },
  {
    what: 'the subject with ids, during the migration',
    claims: token(),
    trusted: { legacySubject: true },
    gets: ['apply'],
  },
  {
    what: 'the legacy subject of another environment, during the migration',
    claims: token({ sub: 'repo:octo/films:environment:staging', environment: 'staging' }),
    trusted: { legacySubject: true },
    gets: [],
  },
  { what: 'another environment', claims: token({ environment: 'staging' }), gets: [] },
  {
    what: 'an environment whose name begins with ours',
    claims: token({ environment: 'production-eu' }),
    gets: [],
  },
  { what: 'the environment in capitals', claims: token({ environment: 'Production' }), gets: [] },
  {
    what: 'the branch main without an environment',
    claims: without(token({ sub: 'repo:octo@11/films@77:ref:refs/heads/main' }), 'environment'),
    gets: [],
  },
  {
    what: 'a tag without an environment',
    claims: without(
      token({ sub: 'repo:octo@11/films@77:ref:refs/tags/v1', ref: 'refs/tags/v1' }),
      'environment',
    ),
    gets: [],
  },
  {
    what: 'a branch that is called like a subject',
    claims: without(
      token({ sub: 'repo:octo@11/films@77:ref:refs/heads/x:environment:production' }),
      'environment',
    ),
    gets: [],
  },
  {
    what: 'a pull request without an environment',
    claims: without(
      token({ sub: 'repo:octo@11/films@77:pull_request', event_name: 'pull_request' }),
      'environment',
    ),
    gets: [],
  },
  {
    what: 'a subject that a template of the owner has made',
    claims: token({ sub: 'repository_id:77:environment:production' }),
    gets: [],
  },
  { what: 'the audience of GitHub', claims: token({ aud: 'https://github.com/octo' }), gets: [] },
  {
    what: 'the audience of another provider',
    claims: token({ aud: 'api://AzureADTokenExchange' }),
    gets: [],
  },
  {
    what: 'a workflow that is not trusted',
    claims: token({ job_workflow_ref: 'octo/films/.github/workflows/evil.yml@refs/heads/main' }),
    trusted: { workflows: [WORKFLOW] },
    gets: [],
  },
  {
    what: 'the trusted workflow on another branch',
    claims: token({ job_workflow_ref: 'octo/films/.github/workflows/deploy.yml@refs/heads/evil' }),
    trusted: { workflows: [WORKFLOW] },
    gets: [],
  },
  {
    what: 'a branch whose name begins like that of the trusted workflow',
    claims: token({ job_workflow_ref: `${WORKFLOW}-evil` }),
    trusted: { workflows: [WORKFLOW] },
    gets: [],
  },
  {
    what: 'a token without a workflow where one is trusted',
    claims: without(token(), 'job_workflow_ref'),
    trusted: { workflows: [WORKFLOW] },
    gets: [],
  },
  { what: 'a token without the id of the repository', claims: without(token(), 'repository_id'), gets: [] },
  { what: 'a token without a subject', claims: without(token(), 'sub'), gets: [] },
]

const accesses = (trusted: Fixture['trusted'] = {}) =>
  accessesOf('production', { repository: REPOSITORY, workflows: [], legacySubject: false, ...trusted })

describe.each(FIXTURES)('$what', ({ claims, gets, trusted }) => {
  test(`R12 gets ${gets.join(', ') || 'no role'} on AWS`, () => {
    const provider = awsIdentityProvider(ACCOUNT)
    const got = Object.entries(accesses(trusted))
      .filter(([, access]) =>
        assumable(awsTrustPolicy(ACCOUNT, access), provider, { aud: AUDIENCES.aws, ...claims }),
      )
      .map(([role]) => role)
    expect(got).toEqual(gets)
  })

  test(`R12 gets ${gets.join(', ') || 'no account'} on Google Cloud`, () => {
    const { plan, apply } = accesses(trusted)
    const provider: PoolProvider = {
      pool: POOL,
      id: 'github',
      condition: gcpCondition([plan, apply]),
      attributes: GCP_ATTRIBUTES,
    }
    const got = Object.entries({ plan, apply })
      .filter(([, access]) =>
        impersonable(provider, gcpMembers(POOL, access), { aud: AUDIENCES.gcp, ...claims }),
      )
      .map(([role]) => role)
    expect(got).toEqual(gets)
  })
})

test('R12 the bindings of Google Cloud hold even where the condition of the provider was loosened', () => {
  const { plan, apply } = accesses()
  const loose: PoolProvider = { pool: POOL, id: 'github', condition: 'true', attributes: GCP_ATTRIBUTES }
  const fork = { aud: AUDIENCES.gcp, ...token({ repository_id: '88' }) }
  expect(impersonable(loose, [...gcpMembers(POOL, apply), ...gcpMembers(POOL, plan)], fork)).toBe(false)
})

test('R12 where previews are made, jobs of their removal apply as well, and nobody plans by that', () => {
  const repository = { owner: 'octo', name: 'films', ownerId: '11', id: '77' }
  const common = { repository, workflows: [], legacySubject: false }
  const [plain, previews] = [accessesOf('pr', common), accessesOf('pr', common, true)]
  expect(previews.plan).toEqual(plain.plan)
  expect(subjectsOf(plain.apply)).toEqual(['repo:octo@11/films@77:environment:pr'])
  expect(subjectsOf(previews.apply)).toEqual([
    'repo:octo@11/films@77:environment:pr',
    'repo:octo@11/films@77:environment:pr-remove',
  ])
  expect(gcpMembers(POOL, previews.apply).map((member) => member.split('/attribute.access/')[1])).toEqual([
    '77/pr',
    '77/pr-remove',
  ])
  const [statement] = (
    JSON.parse(awsTrustPolicy('222222222222', previews.apply)) as {
      Statement: { Condition: { StringEquals: Record<string, unknown> } }[]
    }
  ).Statement
  expect(statement?.Condition.StringEquals['token.actions.githubusercontent.com:environment']).toEqual([
    'pr',
    'pr-remove',
  ])
})

test('R12 no trust holds a pattern or lets a missing claim pass', () => {
  for (const access of Object.values(accesses({ workflows: [WORKFLOW], legacySubject: true }))) {
    const policy = awsTrustPolicy(ACCOUNT, access)
    expect(policy).not.toMatch(/[*?]|ForAllValues|StringLike|IfExists/)
  }
})

test('R12 the evaluator takes what careless policies let in', () => {
  const careless = (condition: object): string =>
    JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: awsIdentityProvider(ACCOUNT) },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: condition,
        },
      ],
    })
  const taken = (condition: object, claims: Claims): boolean =>
    assumable(careless(condition), awsIdentityProvider(ACCOUNT), claims)
  const sub = 'token.actions.githubusercontent.com:sub'
  expect(taken({ StringLike: { [sub]: 'repo:octo*' } }, token({ sub: 'repo:octo-evil/x:y' }))).toBe(true)
  expect(taken({ 'ForAllValues:StringEquals': { [sub]: 'repo:octo/films' } }, {})).toBe(true)
  expect(taken({ StringEquals: { [sub]: 'repo:octo/films' } }, {})).toBe(false)
})

test('a subject names owner and repository with their ids', () => {
  expect(subjectsOf(accesses().apply)).toEqual(['repo:octo@11/films@77:environment:production'])
  expect(subjectsOf(accesses().plan)).toEqual(['repo:octo@11/films@77:environment:production-plan'])
})

test('everything that is missing about a repository is said at once, with where to find it', () => {
  expect(() => parseRepository({ repository: 'octo/films', id: '', ownerId: '0x1' })).toThrow(
    /the id of the repository is not given[\s\S]*the id of its owner is "0x1"/,
  )
  try {
    parseRepository({ repository: 'octo/films' })
  } catch (error) {
    expect((error as { remedy: string }).remedy).toContain('gh api repos/octo/films')
  }
  expect(parseRepository({ repository: 'octo/films', id: '77', ownerId: '11' })).toEqual(REPOSITORY)
})

test.each(['*/films', 'octo/*', 'octo', 'octo/films/x', "octo/fi'lms", 'octo/..'])(
  'the repository %s is refused',
  (repository) => {
    expect(() => parseRepository({ repository, id: '77', ownerId: '11' })).toThrow('the repository is')
  },
)

test.each([
  'octo/films/.github/workflows/*@refs/heads/main',
  'octo/films/.github/workflows/deploy.yml@*',
  'octo/films/.github/workflows/deploy.yml@main',
  'octo/films/.github/workflows/deploy.yml',
  "octo/films/.github/workflows/deploy.yml@refs/heads/x' || true || '",
])('the workflow %s is refused', (workflow) => {
  expect(() => parseWorkflow(workflow)).toThrow('names no workflow')
})

test('a workflow is taken by branch, tag and commit', () => {
  const stem = 'octo/films/.github/workflows/deploy.yml@'
  for (const ref of ['refs/heads/main', 'refs/tags/v1.2', 'a'.repeat(40)]) {
    expect(parseWorkflow(stem + ref)).toBe(stem + ref)
  }
})
