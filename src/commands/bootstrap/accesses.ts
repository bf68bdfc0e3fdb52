import { usageError } from '../../domain/error.ts'
import { awsPrefix } from '../../domain/names/aws-names.ts'
import type { Bootstrap } from '../../domain/stacks/bootstrapper.ts'
import type { System } from '../../domain/system/system.ts'
import { accessesOf, parseWorkflow } from '../../domain/trust/access.ts'
import { parseRepository } from '../../domain/trust/repository.ts'

export interface BootstrapOptions {
  /** `owner/name`; absent: the repository that the workflow runs for. */
  readonly repository?: string
  readonly repositoryId?: string
  readonly ownerId?: string
  /** Only jobs of these workflows. */
  readonly workflows?: readonly string[]
  /** The declared migration of an older repository: the subject without ids is taken as well. */
  readonly legacySubject?: boolean
}

/** IAM's names of roles have 64 characters, and patterns of ours must stay whole in them. */
const LONGEST_PREFIX = 50

/**
 * Who shall get in. What is said by options is not mixed with what the runner says: ids of one repository with the name
 * of another would be a trust in neither.
 *
 * @throws SluiceError usage, with everything that is missing
 */
export function decideAccesses(
  system: System,
  options: BootstrapOptions,
  env: Readonly<Record<string, string | undefined>>,
): Bootstrap['accesses'] {
  requireNames(system)
  const { repository, repositoryId, ownerId } = options
  const isSaid = repository !== undefined || repositoryId !== undefined || ownerId !== undefined
  const common = {
    repository: parseRepository(
      isSaid
        ? { repository, id: repositoryId, ownerId }
        : {
            repository: env['GITHUB_REPOSITORY'],
            id: env['GITHUB_REPOSITORY_ID'],
            ownerId: env['GITHUB_REPOSITORY_OWNER_ID'],
          },
    ),
    workflows: (options.workflows ?? []).map(parseWorkflow),
    legacySubject: options.legacySubject ?? false,
  }
  return accessesOf(system.environment.name, common, system.environment.previews !== undefined)
}

/** Permissions are given by how names begin, so names must not begin like somebody else's. */
function requireNames({ name, environment }: System): void {
  const prefix = awsPrefix({ system: name, environment: environment.name })
  if (prefix.length > LONGEST_PREFIX) {
    throw usageError({
      what: `the names of system and environment, ${prefix}, have ${prefix.length} characters`,
      rule: `together they have at most ${LONGEST_PREFIX}, because names of roles begin with them`,
      remedy: 'choose a shorter name for the environment',
    })
  }
  if (`${prefix}-`.startsWith('sluice-state-')) {
    throw usageError({
      what: `names of system and environment, ${prefix}, begin like the bucket of the states`,
      rule: 'who applies may change buckets whose names begin so, and never that of the states',
      remedy: 'choose another name for the system or the environment',
    })
  }
}
