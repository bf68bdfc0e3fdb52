import type { Statement } from '../../../core/policy.ts'
import { arn, ownTags, type Scope } from '../scope.ts'

/** A service of AWS that our stacks have resources of. */
export interface ServicePermissions {
  /** The Terraform types whose refresh and change this row covers, by how they begin. */
  readonly types: readonly string[]
  /** What a refresh calls. All of it describes; none returns what users have stored. */
  readonly read: readonly string[]
  /**
   * What it may be read of; describing mostly takes no resource.
   * @default everything
   */
  readonly readOf?: (scope: Scope) => readonly string[]
  /** What makes, changes and removes those resources, on as little as AWS can be told. */
  readonly write: (scope: Scope) => readonly Statement[]
}

/** Resources that are ours by how their names begin. */
export const named =
  (service: string, actions: readonly string[], ...resources: readonly string[]) =>
  (scope: Scope): readonly Statement[] => [
    {
      actions,
      resources: resources.map((name) => arn(scope, service, name.replace('PREFIX', scope.prefix))),
    },
  ]

/** Where ids are AWS's own, a resource is ours by its tags: made with them, changed only if it has them. */
export const tagged =
  (makes: readonly string[], changes: readonly string[]) =>
  (scope: Scope): readonly Statement[] => [
    { actions: makes, resources: ['*'], conditions: ownTags(scope, 'aws:RequestTag') },
    { actions: changes, resources: ['*'], conditions: ownTags(scope, 'aws:ResourceTag') },
  ]

/** Rows by the service's name in IAM. */
export type Permissions = Readonly<Record<string, ServicePermissions>>
