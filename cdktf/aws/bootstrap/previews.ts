import type { Statement } from '../../core/policy.ts'
import { type Scope, statesOfPreviews } from './scope.ts'

/**
 * The same permissions on what is made like the environment: `films-pr-123` beside `films-pr`. IAM has no pattern of numbers,
 * so an environment whose name begins with `pr-` is within reach too.
 */
export function alsoOnPreviews(statements: readonly Statement[], scope: Scope): readonly Statement[] {
  return statements.map((statement) => {
    const { resources, notResources, conditions } = statement
    return {
      ...statement,
      resources: resources.flatMap((resource) => widened(resource, scope)),
      ...(notResources === undefined
        ? {}
        : { notResources: notResources.flatMap((resource) => widened(resource, scope)) }),
      ...(conditions === undefined ? {} : { conditions: tagsOfPreviews(conditions, scope) }),
    }
  })
}

/** The states of a preview go with it; those of an environment stay, even where they are empty. */
export const removesStates = (scope: Scope): Statement => ({
  actions: ['s3:DeleteObject'],
  resources: [`arn:aws:s3:::${scope.stateBucket}/${statesOfPreviews(scope)}/*.tfstate`],
})

/** What begins with the prefix and a dash covers previews already. */
function widened(resource: string, { prefix, system, environment }: Scope): string[] {
  const parameters = `parameter/sluice/${system}/${environment}/`
  const other = resource
    .replace(new RegExp(`(?<=[:/])${prefix}(?=/|$)`), `${prefix}-*`)
    .replace(parameters, `${parameters.slice(0, -1)}-*/`)
  return other === resource ? [resource] : [resource, other]
}

type Conditions = NonNullable<Statement['conditions']>

function tagsOfPreviews({ StringEquals = {}, ...rest }: Conditions, { environment }: Scope): Conditions {
  const isTag = ([key, value]: readonly [string, unknown]): boolean =>
    key.endsWith('/sluice:environment') && value === environment
  const equal = Object.entries(StringEquals)
  const tags = equal.filter(isTag).map(([key]) => [key, [environment, `${environment}-*`]] as const)
  const others = Object.fromEntries(equal.filter((one) => !isTag(one)))
  return {
    ...rest,
    ...(Object.keys(others).length === 0 ? {} : { StringEquals: others }),
    ...(tags.length === 0 ? {} : { StringLike: { ...rest['StringLike'], ...Object.fromEntries(tags) } }),
  }
}
