import { usageError } from '../error.ts'
import type { Repository } from './repository.ts'

/** The issuer of the tokens that jobs of GitHub Actions get, without `https://`. */
export const GITHUB_ISSUER = 'token.actions.githubusercontent.com'

/** Which jobs get in: those of one repository that run in one environment of GitHub, and nobody else. */
export interface Access {
  readonly repository: Repository
  /** Name of the environment on GitHub, whose protection rules then guard the role. */
  readonly environment: string
  /** A further environment on GitHub whose jobs get the same. */
  readonly also?: string
  /** Only jobs of these workflows, `OWNER/REPO/.github/workflows/FILE@REF`; none: of any workflow of the repository. */
  readonly workflows: readonly string[]
  /** While a repository moves to subjects with ids, the form without them is taken as well. */
  readonly legacySubject: boolean
}

/**
 * The two roles of an environment, and the environments on GitHub whose jobs get them.
 *
 * @param previews whether previews are made like it
 */
export function accessesOf(
  environment: string,
  common: Omit<Access, 'environment' | 'also'>,
  previews = false,
): { readonly plan: Access; readonly apply: Access } {
  return {
    plan: { ...common, environment: planEnvironment(environment) },
    apply: { ...common, environment, ...(previews ? { also: removalEnvironment(environment) } : {}) },
  }
}

/**
 * Jobs that remove previews wait for nobody, so they run in an environment of their own, without reviewers: it takes the
 * default branch alone, so no pull request says what such a job does.
 */
export const removalEnvironment = (environment: string): string => `${environment}-remove`

/** All environments on GitHub whose jobs get an access. */
export const environmentsOf = ({ environment, also }: Access): readonly string[] =>
  also === undefined ? [environment] : [environment, also]

/** Jobs that only look run in an environment of their own, so that its reviewers are not asked for every pull request. */
export const planEnvironment = (environment: string): string => `${environment}-plan`

/**
 * The subjects of the tokens of such jobs, whole: no pattern stands in them.
 * https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
 */
export function subjectsOf(access: Access): readonly string[] {
  const { owner, name, ownerId, id } = access.repository
  return environmentsOf(access).flatMap((environment) => {
    const exact = `repo:${owner}@${ownerId}/${name}@${id}:environment:${environment}`
    return access.legacySubject ? [exact, `repo:${owner}/${name}:environment:${environment}`] : [exact]
  })
}

const WORKFLOW =
  /^[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9._-]+\/\.github\/workflows\/[A-Za-z0-9._-]+\.ya?ml@(?:refs\/(?:heads|tags)\/[A-Za-z0-9._/-]+|[0-9a-f]{40})$/

/** @throws SluiceError usage for what is no whole reference: a pattern, a path alone, a branch without `refs/heads/`. */
export function parseWorkflow(text: string): string {
  if (WORKFLOW.test(text)) return text
  throw usageError({
    what: `${JSON.stringify(text)} names no workflow`,
    rule: 'a workflow is trusted by its whole reference, without patterns',
    remedy:
      'write OWNER/REPO/.github/workflows/FILE.yml@refs/heads/BRANCH, @refs/tags/TAG or @COMMIT: the claim job_workflow_ref of its tokens',
  })
}
