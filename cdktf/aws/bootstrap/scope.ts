import { awsPrefix } from '../../../src/domain/names/aws-names.ts'
import { awsStateBucket } from '../../../src/domain/stacks/state-buckets.ts'
import { stateFolderOf } from '../../../src/domain/system/preview.ts'
import type { System } from '../../../src/domain/system/system.ts'

/** Whose resources the roles are for. */
export interface Scope {
  readonly system: string
  readonly environment: string
  readonly account: string
  readonly region: string
  /** `films-production`: what the names of all resources of the environment begin with. */
  readonly prefix: string
  readonly stateBucket: string
  /** Folder of the environment's states in it. */
  readonly stateFolder: string
}

export function scopeOf(system: System, account: string, region: string): Scope {
  const environment = system.environment.name
  return {
    system: system.name,
    environment,
    account,
    region,
    prefix: awsPrefix({ system: system.name, environment }),
    stateBucket: awsStateBucket({ account, region }),
    stateFolder: stateFolderOf(system),
  }
}

/** Folders of the states of its previews. */
export const statesOfPreviews = ({ stateFolder }: Scope): string => `${stateFolder}/preview-*`

/** ARN of this region and account. */
export const arn = ({ account, region }: Scope, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`

/** What a stack's default tags say of every resource that can carry them. */
export const ownTags = ({ system, environment }: Scope, key: 'aws:ResourceTag' | 'aws:RequestTag') => ({
  StringEquals: { [`${key}/sluice:system`]: system, [`${key}/sluice:environment`]: environment },
})

/** Parameters that say which image a worker runs. */
export const released = (scope: Scope): string =>
  arn(scope, 'ssm', `parameter/sluice/${scope.system}/${scope.environment}/*`)
